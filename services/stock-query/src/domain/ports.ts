import type { StockKey, StockState } from "./stock-state.ts";

/** Answers states of keys. */
export interface StockReader {
  /** Undefined for a key that was never announced. */
  get(key: StockKey): Promise<StockState | undefined>;
  /** One answer per key, in the order of the keys. */
  getMany(keys: readonly StockKey[]): Promise<(StockState | undefined)[]>;
}

/** The read model. */
export interface StockStore extends StockReader {
  /** Writes those states that are newer than what is stored, and answers how many. Each key at most once. Safe to repeat, in any order, from any number of processes. */
  apply(states: readonly StockState[]): Promise<number>;
  /** Forgets everything: the first step of a rebuild. */
  clear(): Promise<void>;
}

/** The read model cannot be reached now. */
export class StoreUnavailableError extends Error {
  override readonly name = "StoreUnavailableError";
}

/** What projecting reports. */
export interface ProjectionMetrics {
  /** `written` of `announced` states were newer than the read model; the others were duplicates, late, or overtaken in their batch. */
  projected(announced: number, written: number): void;
  /** Seconds from the change of a stock to the moment it could be read. */
  freshness(seconds: number): void;
}
