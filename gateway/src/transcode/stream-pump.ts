/** What a stream did while somebody waited for it. */
export type PumpOutcome<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "end" }
  | { readonly kind: "timeout" }
  | { readonly kind: "aborted" };

/** Pulls a stream one message at a time, without losing one that arrives after a timeout. */
export interface StreamPump<T> {
  /** Waits at most `timeoutMs`; throws what the stream throws. One caller at a time. */
  next(timeoutMs: number): Promise<PumpOutcome<T>>;
  /** Aborts the stream and lets it clean up in the background. */
  close(): void;
}

/**
 * Creates a pump. `open` gets a signal that is aborted by `signal` and by `close`, since an async generator that waits cannot be
 * ended by `return()` alone. Listeners are attached once, so that a stream of any length holds no memory per message.
 */
export function createStreamPump<T>(open: (signal: AbortSignal) => AsyncIterable<T>, signal: AbortSignal): StreamPump<T> {
  const own = new AbortController();
  const iterator = open(own.signal)[Symbol.asyncIterator]();
  let outcome: PumpOutcome<T> | { readonly kind: "failed"; readonly error: unknown } | undefined;
  let pulling = false;
  let wake: (() => void) | undefined;

  const abort = (): void => {
    own.abort(signal.reason);
    wake?.();
  };
  if (signal.aborted) {
    abort();
  } else {
    signal.addEventListener("abort", abort, { once: true });
  }

  const pull = async (): Promise<void> => {
    try {
      const result = await iterator.next();
      outcome = result.done === true ? { kind: "end" } : { kind: "value", value: result.value };
    } catch (error) {
      outcome = { kind: "failed", error };
    }
    wake?.();
  };

  const wait = async (timeoutMs: number): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      wake = resolve;
      timer = setTimeout(resolve, timeoutMs);
    });
    clearTimeout(timer);
    wake = undefined;
  };

  return {
    async next(timeoutMs) {
      if (own.signal.aborted) {
        return { kind: "aborted" };
      }
      if (!pulling) {
        pulling = true;
        void pull();
      }
      if (outcome === undefined) {
        await wait(timeoutMs);
      }
      if (own.signal.aborted) {
        return { kind: "aborted" };
      }
      if (outcome === undefined) {
        return { kind: "timeout" };
      }
      const settled = outcome;
      outcome = undefined;
      pulling = false;
      if (settled.kind === "failed") {
        throw settled.error;
      }
      return settled;
    },
    close() {
      signal.removeEventListener("abort", abort);
      abort();
      iterator.return?.().catch(() => undefined);
    },
  };
}
