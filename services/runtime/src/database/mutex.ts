/** Lets one caller in at a time, in the order of arrival. */
export interface Mutex {
  /** Rejects where the turn does not come within `timeoutMs`; `work` is not run then. */
  run<T>(work: () => Promise<T>, timeoutMs: number): Promise<T>;
  /** Resolves when nobody is in and nobody waits. */
  idle(): Promise<void>;
}

export function createMutex(): Mutex {
  let tail: Promise<void> = Promise.resolve();
  return {
    run(work, timeoutMs) {
      return new Promise((resolve, reject) => {
        let gaveUp = false;
        const timer = setTimeout(() => {
          gaveUp = true;
          reject(new MutexTimeoutError(`waited ${timeoutMs} ms for a turn`));
        }, timeoutMs);
        const before = tail;
        tail = (async () => {
          await before;
          clearTimeout(timer);
          if (gaveUp) {
            return;
          }
          try {
            resolve(await work());
          } catch (error) {
            reject(error);
          }
        })();
      });
    },
    async idle() {
      let seen: Promise<void>;
      do {
        seen = tail;
        await seen;
      } while (seen !== tail);
    },
  };
}

/** Thrown by `Mutex.run`. */
export class MutexTimeoutError extends Error {
  override readonly name = "MutexTimeoutError";
}
