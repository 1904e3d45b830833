import type { HashQueue, Turn } from "../domain/ports.ts";

/** How much hashing there may be. */
export interface HashQueueLimits {
  /** Hashes that run at once, each on a thread of its own. */
  readonly maxConcurrent: number;
  /** Calls that wait for a thread; further ones are turned away. */
  readonly maxQueued: number;
}

const retryAfterMs = 1_000;

/**
 * Lets hashes run in the order in which they came, a few at once: a storm of log-ins neither takes all threads nor piles up in memory.
 * A call that is cancelled while it waits leaves the queue.
 */
export function createHashQueue(limits: HashQueueLimits): HashQueue {
  const waiting = new Set<() => void>();
  let running = 0;

  const finish = (): void => {
    const [next] = waiting;
    if (next === undefined) {
      running -= 1;
      return;
    }
    waiting.delete(next);
    next();
  };
  const turn = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        waiting.delete(start);
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", leave, { once: true });
      waiting.add(start);
    });

  return {
    run: async <T>(work: () => Promise<T>, signal: AbortSignal): Promise<Turn<T>> => {
      signal.throwIfAborted();
      if (running < limits.maxConcurrent) {
        running += 1;
      } else if (waiting.size >= limits.maxQueued) {
        return { kind: "overloaded", retryAfterMs };
      } else {
        // The one that finishes hands its place over, so that `running` stays as it is.
        await turn(signal);
      }
      try {
        return { kind: "done", value: await work() };
      } finally {
        finish();
      }
    },
  };
}
