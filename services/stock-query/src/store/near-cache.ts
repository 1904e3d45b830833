import { LRUCache } from "lru-cache";
import type { StockReader, StockStore } from "../domain/ports.ts";
import { keyText, type StockKey, type StockState } from "../domain/stock-state.ts";
import { createStockLoader } from "./stock-loader.ts";

/** Limits of a near cache, and whom it tells. */
export interface NearCacheOptions {
  /** Most keys kept; the least recently read go first. */
  readonly maxEntries: number;
  /** After this long without news an entry is read from the store again, so that a lost message heals. 0: nothing is kept. */
  readonly maxAgeMs: number;
  /** Told of states that are newer than what was cached, or were not cached. */
  onNewer(states: readonly StockState[]): void;
  /** Told how a key was answered; `stale`: past its age, as the store was away. */
  onRead(outcome: "hit" | "miss" | "stale"): void;
}

/** A reader in front of the store that knows most answers already. */
export interface NearCache extends StockReader {
  /** Takes announced states; older ones than those cached are dropped. */
  put(states: readonly StockState[]): void;
}

interface Entry {
  /** Undefined: the store has no such key. */
  readonly state: StockState | undefined;
  readonly checkedMs: number;
}

/** A bounded cache of states in this process. Never answers an older version than it has answered before, as long as the entry lasts. */
export function createNearCache(store: StockStore, options: NearCacheOptions): NearCache {
  const { maxEntries, maxAgeMs, onNewer, onRead } = options;
  const entries = new LRUCache<string, Entry>({ max: maxEntries });
  const loader = createStockLoader(store);

  /** Keeps the newer of what is cached and what was found, and answers it. */
  const keep = (text: string, found: StockState | undefined): StockState | undefined => {
    const known = entries.peek(text)?.state;
    const newer = found !== undefined && (known === undefined || found.version > known.version);
    const state = newer ? found : known;
    entries.set(text, { state, checkedMs: performance.now() });
    if (newer) onNewer([found]);
    return state;
  };

  const get = async (key: StockKey): Promise<StockState | undefined> => {
    const text = keyText(key);
    const entry = entries.get(text);
    if (entry !== undefined && performance.now() - entry.checkedMs < maxAgeMs) {
      onRead("hit");
      return entry.state;
    }
    try {
      const found = await loader(key);
      onRead("miss");
      return keep(text, found);
    } catch (error) {
      // Events still reach the cache while the store is away: an old answer is better than none.
      const last = entries.get(text)?.state;
      if (last === undefined) throw error;
      onRead("stale");
      return last;
    }
  };

  return {
    get,
    getMany: (keys) => Promise.all(keys.map(get)),
    put(states) {
      for (const state of states) {
        const text = keyText(state);
        const known = entries.peek(text)?.state;
        if (known !== undefined && known.version > state.version) continue;
        keep(text, state);
      }
    },
  };
}
