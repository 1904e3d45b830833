import { keyText, type StockKey, type StockState } from "./stock-state.ts";

/** One reader's view of one key. It remembers only the newest state that the reader has not taken. */
export interface Watcher {
  /** Offers a state; one that is not newer than the last offered is dropped. */
  offer(state: StockState): void;
  /** The newest state not taken yet: waits for one up to `timeoutMs`, and answers undefined then or when the signal fires. */
  next(timeoutMs: number, signal: AbortSignal): Promise<StockState | undefined>;
  /** Stops watching. Safe to call twice. */
  close(): void;
}

/** Hands changes to those who watch. */
export interface WatchHub {
  /** Undefined where as many watchers are open as are allowed. */
  open(key: StockKey): Watcher | undefined;
  /** Offers each state to the watchers of its key. */
  publish(states: readonly StockState[]): void;
  /** Watchers that are open. */
  readonly size: number;
}

/** A hub for at most `maxWatchers` watchers at once. */
export function createWatchHub(maxWatchers: number): WatchHub {
  const byKey = new Map<string, Set<Watcher>>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    open(key) {
      if (size >= maxWatchers) return undefined;
      const text = keyText(key);
      const watchers = byKey.get(text) ?? new Set();
      byKey.set(text, watchers);
      const watcher = createWatcher(() => {
        if (!watchers.delete(watcher)) return;
        size -= 1;
        if (watchers.size === 0 && byKey.get(text) === watchers) byKey.delete(text);
      });
      watchers.add(watcher);
      size += 1;
      return watcher;
    },
    publish(states) {
      for (const state of states) {
        for (const watcher of byKey.get(keyText(state)) ?? []) watcher.offer(state);
      }
    },
  };
}

function createWatcher(close: () => void): Watcher {
  let newestVersion: bigint | undefined;
  let untaken: StockState | undefined;
  let arrived: (() => void) | undefined;
  const take = (): StockState | undefined => {
    const state = untaken;
    untaken = undefined;
    return state;
  };
  return {
    close,
    offer(state) {
      if (newestVersion !== undefined && state.version <= newestVersion) return;
      newestVersion = state.version;
      untaken = state;
      arrived?.();
    },
    async next(timeoutMs, signal) {
      if (untaken !== undefined || signal.aborted) return take();
      const { promise, resolve } = Promise.withResolvers<void>();
      const end = (): void => resolve();
      const timer = setTimeout(end, timeoutMs);
      signal.addEventListener("abort", end, { once: true });
      arrived = end;
      await promise;
      arrived = undefined;
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      return take();
    },
  };
}
