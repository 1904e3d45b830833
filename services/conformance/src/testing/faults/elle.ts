import type { Snapshot } from "./checker.ts";
import type { HistoryEvent } from "./history.ts";
import { ledgerOf, purchasesOf } from "./purchases.ts";

/**
 * The history as EDN that Jepsen's checkers read (Elle's list-append; `elle-cli --model list-append`): each item is a list, a purchase appends
 * its number to the list of each of its items in one transaction, and a last transaction reads all lists from the ledger. Retries with one key are one
 * transaction, since Elle takes an element that is appended twice for a mistake of the test. A process whose call nobody answered goes on under another number.
 */
export function toElle(events: readonly HistoryEvent[], snapshot: Snapshot): string {
  const purchases = purchasesOf(events);
  const ledger = ledgerOf(purchases, snapshot);
  const lists = new Map(snapshot.items.map(({ item }, index) => [item, index + 1]));
  const itemOf = new Map(snapshot.items.map(({ item, dealId }) => [dealId, item]));
  const renamed = new Map<number, number>();
  // Above all numbers that buyers have.
  let names = Math.max(0, ...purchases.map(({ process }) => process)) + 1;
  const operations: string[] = [];
  const write = (type: string, process: number, value: string, timeMs: number): void => {
    operations.push(`{:index ${operations.length}, :time ${timeMs * nanosPerMs}, :process ${process}, :type :${type}, :f :txn, :value [${value}]}`);
  };
  const steps = purchases.flatMap((purchase) => [{ at: purchase.invoked, begins: true, purchase }, { at: purchase.completed, begins: false, purchase }]);
  for (const { at, begins, purchase } of steps.toSorted((a, b) => a.at - b.at)) {
    const process = renamed.get(purchase.process) ?? purchase.process;
    const value = purchase.dealIds.map((dealId) => `[:append ${lists.get(itemOf.get(dealId) ?? "")} ${purchase.number}]`).join(" ");
    write(begins ? "invoke" : purchase.outcome, process, value, events[at]?.timeMs ?? 0);
    if (!begins && purchase.outcome === "info") renamed.set(purchase.process, names++);
  }
  const lastMs = (events.at(-1)?.timeMs ?? 0) + 1;
  const reads = (list: (item: string) => string): string => [...lists].map(([item, number]) => `[:r ${number} ${list(item)}]`).join(" ");
  write("invoke", names, reads(() => "nil"), lastMs);
  write("ok", names, reads((item) => `[${(ledger.get(item) ?? []).join(" ")}]`), lastMs);
  return `${operations.join("\n")}\n`;
}

const nanosPerMs = 1_000_000;
