/** How fast batches are done, to tell refused callers when to come again. */
export interface BatchRate {
  /** Notes a batch that is done. */
  note(items: number, durationMs: number): void;
  /** About how long `items` take, from 10 ms to 5 s. */
  estimateMs(items: number): number;
}

/** Share of the newest batch in the moving average. */
const weight = 0.2;
const shortestMs = 10;
const longestMs = 5_000;
/** What is said before the first batch is done. */
const firstGuessMs = 100;

/** An exponentially weighted moving average of the time per item. */
export function createBatchRate(): BatchRate {
  let msPerItem: number | undefined;
  return {
    note(items, durationMs) {
      const latest = durationMs / Math.max(1, items);
      msPerItem = msPerItem === undefined ? latest : msPerItem + weight * (latest - msPerItem);
    },
    estimateMs(items) {
      const estimate = msPerItem === undefined ? firstGuessMs : Math.ceil(items * msPerItem);
      return Math.min(longestMs, Math.max(shortestMs, estimate));
    },
  };
}
