import { isSerializationFailure, sqlState } from "@flashdeal/runtime/database";
import { describeWithPostgres } from "@flashdeal/runtime/testing";
import { beforeEach, expect, it } from "vitest";
import { ledgerOf } from "../domain/ledger.ts";
import type { Deal } from "../domain/deal.ts";
import type { Reservation } from "../domain/reservation.ts";
import { createInventory, type Inventory } from "../testing/harness.ts";
import { applyLedger, byStockKey } from "./apply-ledger.ts";
import { updateReservationStates } from "./gen/reservations.sql.ts";

describeWithPostgres("rows that have changed since they were read", ({ open }) => {
  let inventory: Inventory;
  let deal: Deal;
  let held: Reservation;
  beforeEach(async () => {
    inventory = await createInventory(open(5));
    deal = await inventory.openDeal({ units: 5n });
    const [outcome] = await inventory.strategy.reserve([inventory.entry([{ dealId: deal.dealId, quantity: 2n }])]);
    if (outcome?.kind !== "held") throw new Error(outcome?.kind);
    held = outcome.reservation;
  });

  it("stock - nothing is written, also where the COMMIT is behind it already", async () => {
    const before = await inventory.stockOf(deal);
    const read = { ...held.lines[0]!, onHand: 5n, reserved: 0n, version: before.version - 1n };
    const batch = ledgerOf([{ reservation: held, kind: "RELEASE", orderId: undefined, actor: "test" }]);
    const work = inventory.database.transaction(async (tx) => {
      const writing = applyLedger(tx, batch, byStockKey([read]), inventory.clock.now());
      tx.commit(1);
      await writing;
    });
    expect(isSerializationFailure(await work.catch((error: unknown) => error))).toBe(true);
    expect(await inventory.stockOf(deal)).toEqual(before);
    await inventory.checkBooks();
  });

  it("a reservation - its state stays, and that of the one beside it too", async () => {
    const [other] = await inventory.strategy.reserve([inventory.entry([{ dealId: deal.dealId, quantity: 1n }])]);
    if (other?.kind !== "held") throw new Error(other?.kind);
    const reservationIds = [held.reservationId, other.reservation.reservationId];
    const work = inventory.database.transaction(async (tx) => {
      const writing = updateReservationStates(tx, {
        updateTime: inventory.clock.now(),
        reservationIds,
        fromStates: ["HELD", "COMMITTED"],
        toStates: ["RELEASED", "RETURNED"],
        orderIds: [null, null],
      });
      tx.commit(1);
      await writing;
    });
    expect(sqlState(await work.catch((error: unknown) => error))).toBe("XX000");
    expect((await inventory.reservations.getReservations(reservationIds)).map(({ state }) => state)).toEqual(["HELD", "HELD"]);
    await inventory.checkBooks();
  });
});
