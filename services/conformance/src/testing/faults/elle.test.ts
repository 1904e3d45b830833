import { expect, it } from "vitest";
import type { Snapshot } from "./checker.ts";
import { toElle } from "./elle.ts";
import { findDisorder } from "./ledger-order.ts";
import type { EventType, HistoryEvent } from "./history.ts";

const bought = (key: string, type: EventType, process: number, dealIds: readonly string[]): Omit<HistoryEvent, "index"> => ({
  timeMs: 2,
  process,
  type,
  operation: { f: "create", key, userId: "u", lines: dealIds.map((dealId) => ({ dealId, quantity: 1 })) },
});
const numbered = (events: readonly Omit<HistoryEvent, "index">[]): HistoryEvent[] => events.map((event, index) => ({ index, ...event }));

const snapshotOf = (ledger: readonly (readonly [item: string, key: string])[]): Snapshot => {
  const keys = [...new Set(ledger.map(([, key]) => key))];
  return {
    items: [
      { item: "i", dealId: "d" },
      { item: "j", dealId: "e" },
    ],
    ordersByKey: keys.map((key) => ({ key, orderId: `order ${key}` })),
    claims: keys.map((key) => ({ orderId: `order ${key}`, reservationId: `hold ${key}` })),
    holdMovements: ledger.map(([item, key]) => ({ item, reservationId: `hold ${key}` })),
    orders: [],
    orderLines: [],
    reservations: [],
    reservationLines: [],
    stocks: [],
    captures: [],
    readModel: [],
  };
};

it("history for Elle - each purchase appends its own number once, whatever retries there were, and the ledgers are read in the end", () => {
  const history = numbered([
    bought("a", "invoke", 0, ["d", "e"]),
    bought("a", "info", 0, ["d", "e"]),
    bought("a", "invoke", 0, ["d", "e"]),
    bought("a", "ok", 0, ["d", "e"]),
    bought("b", "invoke", 0, ["e"]),
    bought("b", "info", 0, ["e"]),
    bought("c", "invoke", 0, ["d"]),
    bought("c", "fail", 0, ["d"]),
  ]);
  expect(toElle(history, snapshotOf([["i", "a"], ["j", "a"], ["j", "b"]])).trim().split("\n")).toEqual([
    "{:index 0, :time 2000000, :process 0, :type :invoke, :f :txn, :value [[:append 1 1] [:append 2 1]]}",
    "{:index 1, :time 2000000, :process 0, :type :ok, :f :txn, :value [[:append 1 1] [:append 2 1]]}",
    "{:index 2, :time 2000000, :process 0, :type :invoke, :f :txn, :value [[:append 2 2]]}",
    "{:index 3, :time 2000000, :process 0, :type :info, :f :txn, :value [[:append 2 2]]}",
    "{:index 4, :time 2000000, :process 1, :type :invoke, :f :txn, :value [[:append 1 3]]}",
    "{:index 5, :time 2000000, :process 1, :type :fail, :f :txn, :value [[:append 1 3]]}",
    "{:index 6, :time 3000000, :process 2, :type :invoke, :f :txn, :value [[:r 1 nil] [:r 2 nil]]}",
    "{:index 7, :time 3000000, :process 2, :type :ok, :f :txn, :value [[:r 1 [1]] [:r 2 [1 2]]]}",
  ]);
});

it("order of the ledger - two bundles come in the same order at each item", () => {
  const history = numbered([
    bought("a", "invoke", 0, ["d", "e"]),
    bought("b", "invoke", 1, ["d", "e"]),
    bought("a", "ok", 0, ["d", "e"]),
    bought("b", "ok", 1, ["d", "e"]),
  ]);
  expect(findDisorder(history, snapshotOf([["i", "a"], ["i", "b"], ["j", "a"], ["j", "b"]]))).toEqual([]);
  expect(findDisorder(history, snapshotOf([["i", "a"], ["i", "b"], ["j", "b"], ["j", "a"]])).join("\n")).toMatch(/key a.*\n.*key b/);
});

it("order of the ledger - what was acknowledged before something else began comes before it", () => {
  const history = numbered([bought("a", "invoke", 0, ["d"]), bought("a", "ok", 0, ["d"]), bought("b", "invoke", 1, ["d"]), bought("b", "ok", 1, ["d"])]);
  expect(findDisorder(history, snapshotOf([["i", "a"], ["i", "b"]]))).toEqual([]);
  expect(findDisorder(history, snapshotOf([["i", "b"], ["i", "a"]])).length).toBeGreaterThan(0);
});
