import type { StockStore } from "../domain/ports.ts";
import { keyText, type StockState } from "../domain/stock-state.ts";

/** A read model in this process's memory, unbounded: for tests and experiments. */
export function createMemoryStockStore(): StockStore {
  const states = new Map<string, StockState>();
  return {
    async get(key) {
      return states.get(keyText(key));
    },
    async getMany(keys) {
      return keys.map((key) => states.get(keyText(key)));
    },
    async apply(changes) {
      const newer = changes.filter((state) => state.version > (states.get(keyText(state))?.version ?? -1n));
      for (const state of newer) states.set(keyText(state), state);
      return newer.length;
    },
    async clear() {
      states.clear();
    },
  };
}
