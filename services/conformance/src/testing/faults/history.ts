import { appendFileSync, readFileSync, writeFileSync } from "node:fs";

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
  add(event: Omit<HistoryEvent, "index" | "timeMs">): void;
}

/** Begins a history in `file`. */
export function createHistory(file: string): History {
  const startMs = performance.now();
  let index = 0;
  writeFileSync(file, "");
  return {
    add(event) {
      appendFileSync(file, `${JSON.stringify({ index: index++, timeMs: Math.round(performance.now() - startMs), ...event })}\n`);
    },
  };
}

/** Reads a history; a last line that was cut off in the middle is left out. */
export function readHistory(file: string): HistoryEvent[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line) as HistoryEvent);
}
