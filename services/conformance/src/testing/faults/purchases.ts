import type { Snapshot } from "./checker.ts";
import type { HistoryEvent } from "./history.ts";

/** One wish to buy: all calls with one key, over all its retries. */
export interface Purchase {
  /** Names it among the others, from 1, in the order in which they began. */
  readonly number: number;
  readonly key: string;
  readonly process: number;
  /** Index of the first call's event. */
  readonly invoked: number;
  /** Index of the event that told what came of it; of the last event where nobody knows. */
  readonly completed: number;
  readonly outcome: "ok" | "fail" | "info";
  readonly dealIds: readonly string[];
}

/** Puts the calls of each key together. A call that nobody answered may still arrive after a later one was refused: `info`. */
export function purchasesOf(events: readonly HistoryEvent[]): Purchase[] {
  const byKey = new Map<string, HistoryEvent[]>();
  for (const event of events) {
    if (event.operation.f !== "create") continue;
    const own = byKey.get(event.operation.key) ?? [];
    own.push(event);
    byKey.set(event.operation.key, own);
  }
  return [...byKey].flatMap(([key, own], position) => {
    const [first] = own;
    if (first?.operation.f !== "create") return [];
    const count = (...types: readonly string[]): number => own.filter(({ type }) => types.includes(type)).length;
    const answer = own.find(({ type }) => type === "ok");
    const open = count("invoke") - count("ok", "fail");
    const outcome = answer !== undefined ? "ok" : open > 0 ? "info" : "fail";
    const completed = (answer ?? own.at(-1) ?? first).index;
    const dealIds = [...new Set(first.operation.lines.map(({ dealId }) => dealId))];
    return { number: position + 1, key, process: first.process, invoked: first.index, completed, outcome, dealIds };
  });
}

/** Per item the numbers of the purchases whose holds the ledger shows, in its order. Holds behind which no order stands are left out. */
export function ledgerOf(purchases: readonly Purchase[], { items, ordersByKey, claims, holdMovements }: Snapshot): ReadonlyMap<string, readonly number[]> {
  const numbers = new Map(purchases.map(({ key, number }) => [key, number]));
  const keys = new Map(ordersByKey.map(({ orderId, key }) => [orderId, key]));
  const orders = new Map(claims.map(({ reservationId, orderId }) => [reservationId, orderId]));
  const ledger = new Map(items.map(({ item }) => [item, [] as number[]]));
  for (const { item, reservationId } of holdMovements) {
    const number = numbers.get(keys.get(orders.get(reservationId) ?? "") ?? "");
    const list = ledger.get(item);
    // A payment that came late takes a second hold for the same order.
    if (number !== undefined && list?.includes(number) === false) list.push(number);
  }
  return ledger;
}
