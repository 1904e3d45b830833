import { appendFileSync, writeFileSync } from "node:fs";

/** What a buyer asks for. */
export type Operation =
  | { readonly f: "create"; readonly key: string; readonly userId: string; readonly lines: readonly { readonly dealId: string; readonly quantity: number }[] }
  | { readonly f: "pay" | "cancel" | "get"; readonly key: string; readonly orderKey: string; readonly orderId: string };

/** `ok`: acknowledged. `fail`: refused, so nothing happened. `info`: nobody knows. */
export type EventType = "invoke" | "ok" | "fail" | "info";

/** One line of the history. */
export interface HistoryEvent {
  readonly index: number;
  /** Milliseconds since the history began. */
  readonly timeMs: number;
  readonly process: number;
  readonly type: EventType;
  readonly operation: Operation;
  /** Of an answer: the order's id and state; or the reason why not. */
  readonly orderId?: string;
  readonly state?: string;
  readonly reason?: string;
}

/** Writes events as they happen, one JSON object a line, so that a run that is killed has left what it saw. */
export interface History {
  readonly events: readonly HistoryEvent[];
  add(event: Omit<HistoryEvent, "index" | "timeMs">): void;
}

/** A history in `file`. */
export function createHistory(file: string): History {
  const events: HistoryEvent[] = [];
  const startMs = performance.now();
  writeFileSync(file, "");
  return {
    events,
    add(event) {
      const complete = { index: events.length, timeMs: Math.round(performance.now() - startMs), ...event };
      events.push(complete);
      appendFileSync(file, `${JSON.stringify(complete)}\n`);
    },
  };
}

const written = { create: "PENDING_PAYMENT", pay: "PAID", cancel: "CANCELLED" } as const;

/**
 * The history as EDN that Jepsen's checkers read (elle-cli, model rw-register): each order is a register, named by the key that created it; creating, paying
 * and cancelling write its state, each at most once, and a look reads it. Orders that expired by themselves are read as what they were before.
 */
export function toEdn(events: readonly HistoryEvent[]): string {
  const lines = events.map(({ index, timeMs, process, type, operation, state }) => {
    const register = operation.f === "create" ? operation.key : operation.orderKey;
    const value = operation.f === "get" ? `[:r ${JSON.stringify(register)} ${type === "ok" && state !== undefined ? edn(state) : "nil"}]` : `[:w ${JSON.stringify(register)} ${edn(written[operation.f])}]`;
    return `{:index ${index}, :time ${timeMs * 1_000_000}, :process ${process}, :type :${type}, :f :txn, :value [${value}]}`;
  });
  return `${lines.join("\n")}\n`;
}

/** States as numbers, in the order of an order's life. Nobody wrote EXPIRED. */
function edn(state: string): number {
  return ["EXPIRED", "PENDING_PAYMENT"].includes(state) ? 1 : ["PAID", "CANCELLED"].indexOf(state) + 2;
}
