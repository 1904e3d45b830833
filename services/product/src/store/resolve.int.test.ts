import { create, toBinary, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { OrderCancelledSchema, OrderCreatedSchema, OrderExpiredSchema, OrderPaidSchema } from "@flashdeal/proto/flashdeal/order/v1/order_events_pb";
import type { ReceivedEvent } from "@flashdeal/runtime/events";
import { createLogger } from "@flashdeal/runtime/telemetry";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sweepHolds, type HoldSweeperOptions } from "../background/hold-sweeper.ts";
import { cleanUp } from "../background/cleanup.ts";
import type { Deal } from "../domain/deal.ts";
import type { Reservation } from "../domain/reservation.ts";
import type { OrderStanding } from "../domain/settle-hold.ts";
import { createOrderEventHandler } from "../handler/order-events.ts";
import { createInventory, testNow, type Inventory } from "../testing/harness.ts";
import { createHousekeeping } from "./housekeeping.ts";

const log = createLogger({ name: "test", level: "silent" });

function event<Desc extends DescMessage>(desc: Desc, message: MessageInitShape<Desc>, id: string = uuidv7()): ReceivedEvent {
  return { id, subject: desc.typeName, data: toBinary(desc, create(desc, message)), headers: {}, attempt: 1 };
}

const orderOf = ({ reservationId }: Reservation) => ({ orderId: uuidv7(), reservationId });

describeEachDatabase("resolve holds", (open) => {
  let inventory: Inventory;
  let handle: (events: readonly ReceivedEvent[]) => Promise<void>;
  beforeAll(async () => {
    inventory = await createInventory(await open());
    handle = createOrderEventHandler(inventory.reservations, log);
  });
  afterAll(async () => inventory?.database.close());

  const hold = async (deal: Deal, quantity = 2n, change: { userId?: string; expireTime?: Date } = {}): Promise<Reservation> => {
    const [outcome] = await inventory.strategy.reserve([inventory.entry([{ dealId: deal.dealId, quantity }], change)]);
    if (outcome?.kind !== "held") throw new Error(outcome?.kind);
    return outcome.reservation;
  };
  const stateOf = async ({ reservationId }: Reservation) => (await inventory.reservations.getReservations([reservationId]))[0]?.state;
  const counts = async (deal: Deal) => {
    const { onHand, reserved } = await inventory.stockOf(deal);
    return [onHand, reserved];
  };

  it("commit - sells once, however often it is asked for", async () => {
    const deal = await inventory.openDeal({ units: 10n });
    const { reservationId } = await hold(deal);
    const commit = { reservationId, intent: "COMMIT", orderId: uuidv7() } as const;
    const outcomes = (await Promise.all(Array.from({ length: 10 }, () => inventory.reservations.resolve([commit, commit], "test")))).flat();
    expect(outcomes.filter((outcome) => outcome.kind === "resolved")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome.kind === "unchanged")).toHaveLength(19);
    expect(await counts(deal)).toEqual([8n, 0n]);
    await inventory.checkBooks();
  });

  it("resolve - one that the database refuses fails alone, whoever stands beside it", async () => {
    const deal = await inventory.openDeal({ units: 10n });
    const holds = await Promise.all(Array.from({ length: 5 }, () => hold(deal)));
    const poison = { reservationId: "no uuid", intent: "COMMIT", orderId: undefined } as const;
    const calls = [...holds.map(({ reservationId }) => ({ ...poison, reservationId })), poison].map((entry) => inventory.reservations.resolve([entry], "test"));
    const settled = await Promise.allSettled([...calls.slice(3), ...calls.slice(0, 3)]);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled", "fulfilled", "fulfilled"]);
    expect(await counts(deal)).toEqual([0n, 0n]);
    await inventory.checkBooks();
  });

  it("counts of buyers - there are none of a deal without a limit, and one that strays there is nobody's mismatch", async () => {
    const [limited, unlimited] = await Promise.all([inventory.openDeal({ units: 9n, perUserLimit: 5n }), inventory.openDeal({ units: 9n })]);
    const userId = uuidv7();
    for (const deal of [limited, unlimited]) await hold(deal, 2n, { userId });
    expect([await inventory.purchasesOf(limited, userId), await inventory.purchasesOf(unlimited, userId)]).toEqual([2n, 0n]);
    const mismatches = async (deal: Deal) => (await inventory.reservations.listPurchaseMismatches({ after: undefined, vendorItemId: deal.vendorItemId, maxRows: 10 })).length;
    const count = (deal: Deal) => inventory.database.query({ name: "", text: "INSERT INTO product.deal_purchases VALUES ($1, $2, 1)" }, [deal.dealId, uuidv7()]);
    await Promise.all([count(limited), count(unlimited)]);
    expect([await mismatches(limited), await mismatches(unlimited)]).toEqual([1, 0]);
    expect(await inventory.write((session) => session.reconcilePurchase(unlimited.dealId, userId))).toEqual({ kind: "counted", counted: 0n });
    await inventory.database.query({ name: "", text: "DELETE FROM product.deal_purchases WHERE quantity = 1" }, []);
    await inventory.checkBooks();
  });

  it("movements - tell their own kind and reason, however alike those of a batch are", async () => {
    const deal = await inventory.openDeal({ units: 10n });
    const holds = await Promise.all(Array.from({ length: 4 }, () => hold(deal, 1n)));
    const steps = [["RELEASE", "a"], ["RELEASE", "b"], ["EXPIRE", "a"], ["RELEASE", "a"]] as const;
    await inventory.reservations.resolve(steps.map(([intent, reason], index) => ({ reservationId: holds[index]?.reservationId ?? "", intent, reason, orderId: undefined })), "test");
    const text = "SELECT reservation_id, kind::text, reason, reserved_delta FROM product.stock_movements WHERE vendor_item_id = $1 AND kind <> 'RECEIVE' ORDER BY position";
    const { rows } = await inventory.database.query({ name: "", text }, [deal.vendorItemId]);
    expect(rows.slice(4)).toEqual(steps.map(([kind, reason], index) => [holds[index]?.reservationId, kind, reason, -1n]));
  });

  it("release - a hold is given back or sold, never both", async () => {
    const deal = await inventory.openDeal({ units: 100n });
    const holds = await Promise.all(Array.from({ length: 20 }, () => hold(deal)));
    const intents = ["COMMIT", "RELEASE", "EXPIRE"] as const;
    await Promise.all(
      intents.flatMap((intent, shift) => {
        const entries = holds.map(({ reservationId }) => ({ reservationId, intent, orderId: undefined }));
        return [entries.slice(shift * 5), entries.toReversed()].map((batch) => inventory.reservations.resolve(batch, "test"));
      }),
    );
    const states = await Promise.all(holds.map(stateOf));
    expect(states).not.toContain("HELD");
    expect(await counts(deal)).toEqual([100n - 2n * BigInt(states.filter((state) => state === "COMMITTED").length), 0n]);
    await inventory.checkBooks();
  });

  it("events - paid, cancelled and expired orders sell and give back; redelivery changes nothing", async () => {
    const deal = await inventory.openDeal({ units: 10n, perUserLimit: 2n });
    const [paid, cancelled, refunded, expired] = await Promise.all([hold(deal), hold(deal), hold(deal), hold(deal)]);
    const order = orderOf(refunded);
    const events = [
      event(OrderCreatedSchema, { order: orderOf(paid) }),
      event(OrderPaidSchema, { order: orderOf(paid) }),
      event(OrderCancelledSchema, { order: orderOf(cancelled) }),
      event(OrderPaidSchema, { order }),
      event(OrderCancelledSchema, { order, wasPaid: true }),
      event(OrderExpiredSchema, { order: orderOf(expired) }),
    ];
    await handle(events);
    const settled = [paid, cancelled, refunded, expired];
    expect(await Promise.all(settled.map(stateOf))).toEqual(["COMMITTED", "RELEASED", "RETURNED", "EXPIRED"]);
    expect(await counts(deal)).toEqual([8n, 0n]);
    expect(await Promise.all(settled.map(({ userId }) => inventory.purchasesOf(deal, userId)))).toEqual([2n, 0n, 0n, 0n]);
    const { version } = await inventory.stockOf(deal);
    await Promise.all([handle(events), handle(events.toReversed()), ...events.map((one) => handle([one, one]))]);
    expect(await inventory.stockOf(deal)).toEqual({ onHand: 8n, reserved: 0n, version });
    await inventory.checkBooks();
  });

  it("events - a refund that overtakes its payment ends the same", async () => {
    const deal = await inventory.openDeal({ units: 10n });
    const reservation = await hold(deal);
    const order = orderOf(reservation);
    await handle([event(OrderCancelledSchema, { order, wasPaid: true })]);
    expect([await stateOf(reservation), ...(await counts(deal))]).toEqual(["RETURNED", 10n, 0n]);
    await handle([event(OrderPaidSchema, { order })]);
    expect([await stateOf(reservation), ...(await counts(deal))]).toEqual(["RETURNED", 10n, 0n]);
    await inventory.checkBooks();
  });

  it("events - concurrent overlapping batches in any order change each hold once", async () => {
    const deal = await inventory.openDeal({ units: 100n });
    const holds = await Promise.all(Array.from({ length: 30 }, () => hold(deal, 1n)));
    const events = holds.flatMap((reservation, index) => {
      const order = orderOf(reservation);
      const ends = [event(OrderPaidSchema, { order }), event(OrderCancelledSchema, { order, wasPaid: true }), event(OrderExpiredSchema, { order })];
      return index % 3 === 0 ? ends.slice(0, 1) : index % 3 === 1 ? ends.slice(0, 2).toReversed() : ends.slice(2);
    });
    await Promise.all([handle(events), handle(events.toReversed()), handle(events.slice(10)), handle(events.slice(0, 15).toReversed())]);
    const states = await Promise.all(holds.map(stateOf));
    expect(states).toEqual(holds.map((_, index) => ["COMMITTED", "RETURNED", "EXPIRED"][index % 3]));
    expect(await counts(deal)).toEqual([90n, 0n]);
    await inventory.checkBooks();
  });

  it("events - one that names no reservation is poison, and its batch changes nothing", async () => {
    const deal = await inventory.openDeal({ units: 10n });
    const reservation = await hold(deal);
    const events = [event(OrderPaidSchema, { order: orderOf(reservation) }), event(OrderPaidSchema, {})];
    await expect(handle(events)).rejects.toThrow("names no order");
    expect(await stateOf(reservation)).toBe("HELD");
  });

  const sweeper = (standings: ReadonlyMap<string, OrderStanding> | Error): HoldSweeperOptions => ({
    ...inventory,
    log,
    graceMs: 1_000,
    batchSize: 2,
    orders: {
      async resolveReservations(ids) {
        if (standings instanceof Error) throw standings;
        return new Map(ids.map((id) => [id, standings.get(id) ?? "NONE"]));
      },
    },
  });
  const never = new AbortController().signal;

  it("sweep - settles holds past their time and grace as the orders say, and leaves the others", async () => {
    const deal = await inventory.openDeal({ units: 100n });
    const expireTime = testNow;
    const standings = ["NONE", "PENDING_PAYMENT", "PAID", "CANCELLED", "EXPIRED", "UNKNOWN"] as const;
    const overdue = await Promise.all(standings.map(() => hold(deal, 1n, { expireTime })));
    const fresh = await hold(deal, 1n, { expireTime: new Date(testNow.getTime() + 1) });
    const answers = new Map(overdue.map(({ reservationId }, index) => [reservationId, standings[index] ?? "NONE"]));
    inventory.clock.set(new Date(testNow.getTime() + 999));
    expect(await sweepHolds(sweeper(answers), never)).toEqual({ overdue: 0, settled: 0 });
    inventory.clock.advance(1);
    await expect(sweepHolds(sweeper(new Error("no answer")), never)).rejects.toThrow("no answer");
    expect(await Promise.all(overdue.map(stateOf))).toEqual(standings.map(() => "HELD"));
    expect(await sweepHolds(sweeper(answers), never)).toEqual({ overdue: 6, settled: 4 });
    expect(await Promise.all([...overdue, fresh].map(stateOf))).toEqual(["EXPIRED", "HELD", "COMMITTED", "RELEASED", "EXPIRED", "HELD", "HELD"]);
    inventory.clock.set(testNow);
    await inventory.checkBooks();
  });

  it("clean-up - forgets handled events when their time is up, and not before", async () => {
    const housekeeping = createHousekeeping(inventory);
    const options = { housekeeping, clock: inventory.clock, inboxRetentionMs: 60_000, batchSize: 3 };
    const inbox = async () => (await inventory.database.query({ name: "test.inbox", text: "SELECT event_id FROM product.inbox" }, [])).rowCount;
    const before = await inbox();
    expect(before).toBeGreaterThan(3);
    inventory.clock.set(new Date(testNow.getTime() + 60_000));
    await cleanUp(options, never);
    expect(await inbox()).toBe(before);
    inventory.clock.advance(1);
    await cleanUp(options, never);
    expect(await inbox()).toBe(0);
    inventory.clock.set(testNow);
  });
});
