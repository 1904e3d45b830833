import type { Snapshot } from "./checker.ts";
import type { HistoryEvent } from "./history.ts";
import { ledgerOf, purchasesOf } from "./purchases.ts";

/**
 * The orders of all items' ledgers, bundles among them, and the order in which buyers were answered must fit into one: what was
 * acknowledged before something else began comes before it, and two bundles come in the same order at each of their items. Answers the
 * purchases that no such order has room for. What Elle looks for in appends: cycles of writes, also in real time (G0).
 */
export function findDisorder(events: readonly HistoryEvent[], snapshot: Snapshot): string[] {
  const purchases = purchasesOf(events);
  const ledger = ledgerOf(purchases, snapshot);
  const sold = new Set([...ledger.values()].flat());
  const followers = new Map<string, string[]>();
  const before = (a: string, b: string): void => {
    const own = followers.get(a) ?? [];
    own.push(b);
    followers.set(a, own);
  };
  for (const list of ledger.values()) {
    for (const [index, number] of list.slice(1).entries()) before(`p${list[index]}`, `p${number}`);
  }
  // Time as a chain: who was answered comes before its moment, who begins after it.
  const moments = purchases
    .filter(({ number }) => sold.has(number))
    .flatMap(({ number, invoked, completed, outcome }) => [{ at: invoked, number, begins: true }, ...(outcome === "ok" ? [{ at: completed, number, begins: false }] : [])])
    .toSorted((a, b) => a.at - b.at);
  for (const [index, { number, begins }] of moments.entries()) {
    before(`t${index}`, `t${index + 1}`);
    if (begins) before(`t${index}`, `p${number}`);
    else before(`p${number}`, `t${index + 1}`);
  }
  const stuck = withoutOrder(followers);
  return purchases.filter(({ number }) => stuck.has(`p${number}`)).map(({ key }) => `key ${key}: its place in the ledger fits no order of all purchases`);
}

/** What is left when all that nothing comes before has been taken away, again and again: the cycles, and what follows them. */
function withoutOrder(followers: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const waiting = new Map<string, number>();
  for (const [node, own] of followers) {
    waiting.set(node, waiting.get(node) ?? 0);
    for (const next of own) waiting.set(next, (waiting.get(next) ?? 0) + 1);
  }
  const free = [...waiting].flatMap(([node, count]) => (count === 0 ? [node] : []));
  for (let node = free.pop(); node !== undefined; node = free.pop()) {
    waiting.delete(node);
    for (const next of followers.get(node) ?? []) {
      const count = (waiting.get(next) ?? 0) - 1;
      waiting.set(next, count);
      if (count === 0) free.push(next);
    }
  }
  return new Set(waiting.keys());
}
