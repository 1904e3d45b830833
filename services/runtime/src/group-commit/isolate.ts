import type { Settled } from "./group-commit.ts";

/**
 * Runs a batch; where an item may be what failed it, its halves apart, the first half first, until the items at fault fail
 * alone. One bad item among n costs about 2 log2(n) runs. Never rejects.
 */
export async function runIsolated<Item, Outcome>(
  items: readonly Item[],
  run: (items: readonly Item[]) => Promise<readonly Outcome[]>,
  isItemFault: (error: unknown) => boolean,
): Promise<readonly Settled<Outcome>[]> {
  try {
    const outcomes = await run(items);
    if (outcomes.length !== items.length) throw new Error(`a batch of ${items.length} answered ${outcomes.length} outcomes`);
    return outcomes.map((outcome) => ({ kind: "done", outcome }));
  } catch (cause) {
    if (!isItemFault(cause)) return items.map(() => ({ kind: "unknown", cause }));
    if (items.length === 1) return [{ kind: "failed", cause }];
    const middle = Math.ceil(items.length / 2);
    const first = await runIsolated(items.slice(0, middle), run, isItemFault);
    return [...first, ...(await runIsolated(items.slice(middle), run, isItemFault))];
  }
}
