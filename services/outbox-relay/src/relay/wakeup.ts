/** A bell that keeps one ring: a `wake` between two waits ends the next wait at once. */
export interface Wakeup {
  wake(): void;
  /** Resolves at a ring, after `timeoutMs`, or when the signal fires. One waiter at a time. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>;
}

/** A wakeup that has not rung. */
export function createWakeup(): Wakeup {
  let rung = false;
  let ring: (() => void) | undefined;
  return {
    wake() {
      rung = true;
      ring?.();
    },
    async wait(timeoutMs, signal) {
      if (!rung && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, timeoutMs);
        const onAbort = (): void => resolve();
        signal.addEventListener("abort", onAbort, { once: true });
        ring = resolve;
        await promise;
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        ring = undefined;
      }
      rung = false;
    },
  };
}
