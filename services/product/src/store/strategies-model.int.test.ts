import { array, asyncProperty, assert, boolean, constantFrom, integer, oneof, record, tuple, type Arbitrary } from "fast-check";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Deal } from "../domain/deal.ts";
import type { ReserveEntry, ReserveOutcome } from "../domain/reservation.ts";
import { createInventory, reserveAsTold, type Inventory } from "../testing/harness.ts";
import { keyOf, StockModel } from "../testing/stock-model.ts";
import { onEachStrategy } from "../testing/strategies.ts";

/** A wish: which deals (the last one is not there), how many units, whose, and whether its id is that of an earlier wish. */
interface Wish {
  readonly user: number;
  readonly lines: readonly { readonly deal: number; readonly quantity: number }[];
  readonly repeats: number;
  readonly changed: boolean;
}

type Step =
  | { readonly kind: "reserve"; readonly wishes: readonly Wish[] }
  | { readonly kind: "resolve"; readonly which: number; readonly intent: "COMMIT" | "RELEASE" | "EXPIRE" | "REFUND" }
  | { readonly kind: "receive"; readonly deal: number; readonly units: number }
  | { readonly kind: "cancel"; readonly deal: number }
  | { readonly kind: "wait"; readonly ms: number };

const users = 3;
const anyDeal = integer({ min: 0, max: 4 });
const anyWish: Arbitrary<Wish> = record({
  user: integer({ min: 0, max: users - 1 }),
  lines: array(record({ deal: oneof({ weight: 20, arbitrary: anyDeal }, { weight: 1, arbitrary: integer({ min: 5, max: 5 }) }), quantity: integer({ min: 1, max: 3 }) }), { minLength: 1, maxLength: 4 }),
  repeats: integer({ min: -6, max: 8 }),
  changed: boolean(),
});
const anyStep: Arbitrary<Step> = oneof(
  { weight: 6, arbitrary: record({ kind: constantFrom("reserve" as const), wishes: array(anyWish, { minLength: 1, maxLength: 3 }) }) },
  { weight: 3, arbitrary: record({ kind: constantFrom("resolve" as const), which: integer({ min: 0, max: 8 }), intent: constantFrom("COMMIT" as const, "RELEASE" as const, "EXPIRE" as const, "REFUND" as const) }) },
  { weight: 1, arbitrary: record({ kind: constantFrom("receive" as const), deal: anyDeal, units: integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: record({ kind: constantFrom("wait" as const), ms: integer({ min: 1, max: 12 }) }) },
  { weight: 1, arbitrary: record({ kind: constantFrom("cancel" as const), deal: anyDeal }) },
);

/** Every strategy against a reference that shares no code with it. */
onEachStrategy("the model", (open, strategy) => {
  let inventory: Inventory;
  /** As a second process has it, with queues and batches of its own, on the same database and Redis. */
  let other: Inventory;
  beforeAll(async () => {
    const database = await open();
    [inventory, other] = [await createInventory(database, strategy), await createInventory(database, strategy)];
  });
  afterAll(async () => {
    await inventory?.strategy.drain();
    await other?.strategy.drain();
    await inventory?.database.close();
  });

  /** Two deals of one item, one of them with a limit; one of another item; one with a limit; one that starts and ends in a few milliseconds. */
  async function openShop(units: readonly number[]): Promise<{ readonly model: StockModel; readonly deals: readonly Deal[] }> {
    const { clock } = inventory;
    const soon = (ms: number): Date => new Date(clock.now().getTime() + ms);
    const [first, third, fourth, fifth] = await Promise.all([
      inventory.openDeal({ units: BigInt(units[0] ?? 0) }),
      inventory.openDeal({ units: BigInt(units[1] ?? 0) }),
      inventory.openDeal({ units: BigInt(units[2] ?? 0), perUserLimit: 2n }),
      inventory.openDeal({ units: BigInt(units[3] ?? 0), startTime: soon(5), endTime: soon(20) }),
    ]);
    const second = await inventory.write(async (session) => session.createDeal({ ...first, title: "Twin", perUserLimit: 3n }));
    if (second.kind !== "created") throw new Error(second.kind);
    const deals = [first, second.deal, third, fourth, fifth];
    const model = new StockModel();
    for (const deal of deals) model.addDeal(deal);
    [first, third, fourth, fifth].forEach((deal, index) => model.addUnits(keyOf(deal), units[index] ?? 0));
    return { model, deals };
  }

  function entriesOf(wishes: readonly Wish[], deals: readonly Deal[], earlier: ReserveEntry[], userIds: readonly string[]): readonly ReserveEntry[] {
    return wishes.map(({ user, lines, repeats, changed }) => {
      const made = inventory.entry(
        lines.map(({ deal, quantity }) => ({ dealId: deals[deal]?.dealId ?? uuidv7(), quantity: BigInt(quantity) })),
        { userId: userIds[user] ?? "" },
      );
      const again = earlier[repeats];
      const entry = again === undefined ? made : { ...(changed ? made : again), reservationId: again.reservationId };
      earlier.push(entry);
      return entry;
    });
  }

  async function expectSameStock(model: StockModel, deals: readonly Deal[]): Promise<void> {
    for (const deal of deals) {
      const { onHand, reserved } = await inventory.stockOf(deal);
      expect(Number(onHand - reserved)).toBe(model.available.get(keyOf(deal)));
    }
  }

  interface Shop {
    readonly model: StockModel;
    readonly deals: readonly Deal[];
    readonly entries: ReserveEntry[];
    readonly userIds: readonly string[];
  }

  /** Takes one step in the inventory and in the model. Answers what the model does not allow. */
  async function takeStep(at: Inventory, step: Step, { model, deals, entries, userIds }: Shop): Promise<readonly string[]> {
    const nowMs = at.clock.now().getTime();
    switch (step.kind) {
      case "reserve": {
        const wanted = entriesOf(step.wishes, deals, entries, userIds);
        const outcomes = await at.strategy.reserve(wanted);
        return wanted.flatMap((entry, position) => {
          const reasons = [...model.reasonsAgainst(entry, nowMs)];
          const outcome = outcomes[position];
          return model.accepts(entry, outcome, nowMs) ? [] : [`${outcome?.kind}, where [${reasons.join()}] speaks against it`];
        });
      }
      case "resolve": {
        const { reservationId } = entries[step.which] ?? {};
        if (reservationId === undefined) return [];
        await at.reservations.resolve([{ reservationId, intent: step.intent, orderId: undefined }], "test");
        model.resolve(reservationId, step.intent);
        return [];
      }
      case "receive": {
        const deal = deals[step.deal];
        if (deal === undefined) return [];
        await at.write((session) => session.receiveStock({ ...deal, delta: BigInt(step.units), reason: "", actor: "test" }));
        model.addUnits(keyOf(deal), step.units);
        return [];
      }
      case "cancel": {
        const { dealId = "" } = deals[step.deal] ?? {};
        await at.write((session) => session.cancelDeal(dealId));
        model.cancelDeal(dealId);
        return [];
      }
      case "wait":
        inventory.clock.advance(step.ms);
        other.clock.advance(step.ms);
        return [];
    }
  }

  it("model - one step after the other, from two processes, every outcome is one that the reference allows", async () => {
    const units = tuple(integer({ min: 0, max: 6 }), integer({ min: 0, max: 6 }), integer({ min: 0, max: 6 }), integer({ min: 0, max: 6 }));
    const run = asyncProperty(array(anyStep, { minLength: 1, maxLength: 30 }), units, async (steps, counts) => {
      const { model, deals } = await openShop(counts);
      const shop: Shop = { model, deals, entries: [], userIds: Array.from({ length: users }, () => uuidv7()) };
      for (const [index, step] of steps.entries()) expect(await takeStep(index % 2 === 0 ? inventory : other, step, shop)).toEqual([]);
      await expectSameStock(model, deals);
      await inventory.checkBooks();
    });
    await assert(run, { numRuns: 30 });
  });

  it("model - all at once, from two processes: the holds fit in one order, and every refusal is still right at the end", async () => {
    const units = tuple(integer({ min: 3, max: 40 }), integer({ min: 3, max: 40 }), integer({ min: 3, max: 40 }), integer({ min: 3, max: 40 }));
    const run = asyncProperty(array(anyWish, { minLength: 20, maxLength: 80 }), units, async (wishes, counts) => {
      const { model, deals } = await openShop(counts);
      inventory.clock.advance(5);
      other.clock.advance(5);
      const userIds = Array.from({ length: users }, () => uuidv7());
      const entries = entriesOf(wishes.map((wish) => ({ ...wish, changed: false })), deals, [], userIds);
      const outcomes = (await Promise.all(entries.map((entry, index) => reserveAsTold((index % 2 === 0 ? inventory : other).strategy, [entry])))).flat();
      const nowMs = inventory.clock.now().getTime();
      const pairs = entries.map((entry, index): [ReserveEntry, ReserveOutcome | undefined] => [entry, outcomes[index]]);
      const beyond = pairs.filter(([entry, outcome]) => outcome?.kind === "held" && !model.accepts(entry, outcome, nowMs));
      // Nothing is given back meanwhile, so who was refused rightly then is refused rightly now.
      const unjust = pairs.filter(([entry, outcome]) => outcome?.kind !== "held" && !model.accepts(entry, outcome, nowMs));
      expect({ beyond, unjust }).toEqual({ beyond: [], unjust: [] });
      await expectSameStock(model, deals);
      await inventory.checkBooks();
    });
    await assert(run, { numRuns: 12, endOnFailure: true });
  });
});
