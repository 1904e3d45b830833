import { setTimeout as sleep } from "node:timers/promises";
import type { Background } from "@flashdeal/runtime/lifecycle";
import type { FaultLog } from "../domain/ports.ts";

/** Work that is done again and again. */
export interface RepeatOptions {
  readonly name: string;
  /** Pause between two runs, in milliseconds. */
  readonly intervalMs: number;
  readonly log: FaultLog;
  /** Aborted when draining: a long run then stops at the next whole step. */
  run(signal: AbortSignal): Promise<unknown>;
}

/** Repeats `run` until drained, one run at a time. A run that throws is logged, and the next one follows as usual. */
export function createRepeat(options: RepeatOptions): Background {
  const stop = new AbortController();
  let loop: Promise<void> | undefined;
  const work = async () => {
    while (!stop.signal.aborted) {
      try {
        await options.run(stop.signal);
      } catch (error) {
        options.log.warn({ err: error, background: options.name }, "a run failed; the next one follows");
      }
      await sleep(options.intervalMs, undefined, { signal: stop.signal }).catch(() => {});
    }
  };
  return {
    name: options.name,
    async start() {
      loop ??= work();
    },
    async drain() {
      stop.abort();
      await loop;
    },
  };
}
