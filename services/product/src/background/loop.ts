import { setTimeout as sleep } from "node:timers/promises";
import type { Background } from "@flashdeal/runtime/lifecycle";
import type { Logger } from "@flashdeal/runtime/telemetry";

/** What a loop runs and how often. */
export interface LoopOptions {
  readonly name: string;
  readonly log: Logger;
  /** Pause between the end of one round and the start of the next. */
  readonly intervalMs: number;
  /** One round. It may throw: the next round comes all the same. The signal aborts when the process drains. */
  readonly round: (signal: AbortSignal) => Promise<void>;
}

/** Runs rounds one after the other until drained. */
export function createLoop({ name, log, intervalMs, round }: LoopOptions): Background {
  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await sleep(intervalMs, undefined, { signal: stop.signal });
        await round(stop.signal);
      } catch (err) {
        if (!stop.signal.aborted) log.warn({ err, loop: name }, "a round failed; the next one tries again");
      }
    }
  };
  return {
    name,
    async start() {
      running = run();
    },
    async drain() {
      stop.abort();
      await running;
    },
  };
}
