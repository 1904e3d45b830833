/** Queues of this process, one per name. Resolves when it is the caller's turn in all of them, to what gives the places up. */
export type NameQueue = (names: readonly string[], signal: AbortSignal | undefined) => Promise<() => void>;

/**
 * First come first served per name. Names come sorted, so that nobody waits in a circle. Whoever leaves while he waits is told so at once;
 * those behind him still wait for those before him.
 */
export function createNameQueue(): NameQueue {
  const last = new Map<string, Promise<void>>();
  return async (names, signal) => {
    signal?.throwIfAborted();
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const leave = (): void => {
      resolve();
      for (const name of names) if (last.get(name) === done) last.delete(name);
    };
    // All places are taken in the same tick, so that two callers stand in the same order in each queue.
    const ahead = Promise.all(names.map((name) => last.get(name)));
    for (const name of names) last.set(name, done);
    try {
      await unlessAborted(ahead, signal);
    } catch (error) {
      void ahead.then(leave);
      throw error;
    }
    return leave;
  };
}

async function unlessAborted(turn: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) {
    await turn;
    return;
  }
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([turn, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
