import type { StockReader } from "../domain/ports.ts";
import { keyText, type StockKey, type StockState } from "../domain/stock-state.ts";

/** Loads one key. Callers that ask for the same key while it is loading share the answer. */
export type StockLoader = (key: StockKey) => Promise<StockState | undefined>;

/** Most keys asked of the store at once. */
const maxKeysPerRead = 1_000;

interface Load {
  readonly key: StockKey;
  readonly answer: PromiseWithResolvers<StockState | undefined>;
}

/** A loader that gathers the keys asked for in one turn of the event loop into one read of the store. */
export function createStockLoader(store: StockReader): StockLoader {
  const loading = new Map<string, Load>();
  let gathered: Load[] = [];

  const read = async (loads: readonly Load[]): Promise<void> => {
    try {
      const [only] = loads;
      const states = loads.length === 1 && only !== undefined ? [await store.get(only.key)] : await store.getMany(loads.map(({ key }) => key));
      for (const [index, load] of loads.entries()) load.answer.resolve(states[index]);
    } catch (error) {
      for (const load of loads) load.answer.reject(error);
    } finally {
      for (const { key } of loads) loading.delete(keyText(key));
    }
  };
  const flush = (): void => {
    const loads = gathered;
    gathered = [];
    for (let start = 0; start < loads.length; start += maxKeysPerRead) void read(loads.slice(start, start + maxKeysPerRead));
  };

  return (key) => {
    const text = keyText(key);
    const running = loading.get(text);
    if (running !== undefined) return running.answer.promise;
    const load = { key, answer: Promise.withResolvers<StockState | undefined>() };
    loading.set(text, load);
    if (gathered.length === 0) setImmediate(flush);
    gathered.push(load);
    return load.answer.promise;
  };
}
