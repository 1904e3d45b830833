import type { Database, Transaction } from "@flashdeal/runtime/database";
import { noBatchMetrics } from "@flashdeal/runtime/group-commit";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { ReserveEntry } from "../domain/reservation.ts";
import { createInventory, type Inventory } from "../testing/harness.ts";
import { createGroupCommitStrategy } from "./group-commit-strategy.ts";
import { createRepeatWatch, type RepeatWatch } from "./repeat-watch.ts";
import { reserveBatch } from "./reserve-batch.ts";

const idsOf = (entries: readonly ReserveEntry[]) => entries.map(({ reservationId }) => reservationId);

it("repeats - are expected for ten seconds after one", () => {
  let nowMs = 0;
  const repeats = createRepeatWatch(() => nowMs);
  expect(repeats.areExpected()).toBe(false);
  repeats.expect();
  for (const [ms, expected] of [[0, true], [9_999, true], [10_000, false]] as const) {
    nowMs = ms;
    expect(repeats.areExpected()).toBe(expected);
  }
});

describeEachDatabase("repeats", (open) => {
  let inventory: Inventory;
  let database: Database;
  let repeats: RepeatWatch;
  /** Of each transaction, how often it looked for known ids. */
  const looks: number[] = [];
  beforeAll(async () => {
    const opened = await open();
    inventory = await createInventory(opened);
    const transaction: Database["transaction"] = (work, options) =>
      opened.transaction((tx) => {
        const at = looks.push(0) - 1;
        const query: Transaction["query"] = (statement, values) => {
          if (statement.name === "product.ListReservations") looks[at] = (looks[at] ?? 0) + 1;
          return tx.query(statement, values);
        };
        return work({ isTransaction: true, query, commit: (underWay) => tx.commit(underWay) });
      }, options);
    database = { ...opened, transaction };
  });
  beforeEach(() => {
    repeats = createRepeatWatch();
    looks.length = 0;
  });
  afterAll(async () => inventory?.database.close());

  const reserve = async (...entries: readonly ReserveEntry[]) =>
    (await reserveBatch({ database, clock: inventory.clock, repeats }, entries, undefined)).map((outcome) => (outcome.kind === "held" ? outcome.reservation.reservationId : outcome.kind));
  const entriesOf = (dealId: string, count: number) => Array.from({ length: count }, () => inventory.entry([{ dealId, quantity: 1n }]));

  it("new ids are not looked for, and one that is not new is met by the next attempt", async () => {
    const deal = await inventory.openDeal({ units: 10n });
    const first = entriesOf(deal.dealId, 3);
    expect(await reserve(...first)).toEqual(idsOf(first));
    expect(looks).toEqual([0]);
    const again = [...entriesOf(deal.dealId, 2), ...first.slice(1)];
    expect(await reserve(...again)).toEqual(idsOf(again));
    expect(looks).toEqual([0, 0, 1]);
    await reserve(...entriesOf(deal.dealId, 1));
    expect(looks).toEqual([0, 0, 1, 1]);
    expect(await inventory.stockOf(deal)).toMatchObject({ reserved: 6n });
    await inventory.checkBooks();
  });

  it("an id that another buyer uses is refused, with units left or without", async () => {
    for (const units of [1n, 2n]) {
      const deal = await inventory.openDeal({ units });
      const [entry] = entriesOf(deal.dealId, 1) as [ReserveEntry];
      await reserve(entry);
      repeats = createRepeatWatch();
      expect(await reserve({ ...entry, userId: uuidv7() })).toEqual(["reservation-id-reused"]);
    }
  });

  it("nobody is refused before it was looked for his hold: what he took is not what is missing", async () => {
    const deal = await inventory.openDeal({ units: 3n, perUserLimit: 1n });
    const held = entriesOf(deal.dealId, 2);
    await reserve(...held);
    repeats = createRepeatWatch();
    looks.length = 0;
    // The repeats would leave no unit for the last one, and are over their limit.
    const [other] = entriesOf(deal.dealId, 1) as [ReserveEntry];
    expect(await reserve(...held, other)).toEqual(idsOf([...held, other]));
    expect(looks).toEqual([1]);
    repeats = createRepeatWatch();
    expect(await reserve(...entriesOf(deal.dealId, 1), ...held, other)).toEqual(["sold-out", ...idsOf([...held, other])]);
    expect(await inventory.stockOf(deal)).toMatchObject({ onHand: 3n, reserved: 3n });
    await inventory.checkBooks();
  });

  it("a repeat costs nobody in its batch the place before those who come later", async () => {
    const [known] = entriesOf((await inventory.openDeal({ units: 2n })).dealId, 1) as [ReserveEntry];
    await reserve(known);
    for (let round = 0; round < 8; round++) {
      const deal = await inventory.openDeal({ units: 3n });
      const limits = { maxBatchSize: 4, maxQueued: 100, maxInFlight: 2, metrics: noBatchMetrics };
      const strategy = createGroupCommitStrategy({ database: inventory.database, clock: inventory.clock, limits, repeats: createRepeatWatch() });
      const [early, late] = await Promise.all([strategy.reserve([known, ...entriesOf(deal.dealId, 3)]), strategy.reserve(entriesOf(deal.dealId, 4))]);
      expect(early.map(({ kind }) => kind)).toEqual(["held", "held", "held", "held"]);
      expect(new Set(late.map(({ kind }) => kind))).toEqual(new Set(["sold-out"]));
    }
  });

  it("as long as repeats or refusals come, ids are looked for first", async () => {
    let nowMs = 0;
    const deal = await inventory.openDeal({ units: 2n });
    const [entry] = entriesOf(deal.dealId, 1) as [ReserveEntry];
    const refused = inventory.entry([{ dealId: deal.dealId, quantity: 2n }]);
    await reserve(entry);
    for (const [again, first] of [[entry, [0, 1]], [refused, [1]]] as const) {
      repeats = createRepeatWatch(() => nowMs);
      looks.length = 0;
      for (let round = 0; round < 4; round++) {
        await reserve(again);
        nowMs += 9_000;
      }
      expect(looks).toEqual([...first, 1, 1, 1]);
    }
  });

  it("a hold that is over is met too", async () => {
    const deal = await inventory.openDeal({ units: 1n });
    const [entry] = entriesOf(deal.dealId, 1) as [ReserveEntry];
    await reserve(entry);
    await inventory.reservations.resolve([{ reservationId: entry.reservationId, intent: "RELEASE", orderId: undefined }], "test");
    repeats = createRepeatWatch();
    expect(await reserveBatch({ database, clock: inventory.clock, repeats }, [entry], undefined)).toMatchObject([{ kind: "held", reservation: { state: "RELEASED" } }]);
    expect(await inventory.stockOf(deal)).toMatchObject({ onHand: 1n, reserved: 0n });
  });
});
