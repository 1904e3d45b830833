// Keeps 40 parts of a heap of some 50 MB, and replaces the oldest again and again. Prints what the heap took, in MB: the median.
import { keepHeapSmall } from "../keep-heap-small.ts";

if (process.argv[2] === "small") keepHeapSmall();
const kept = Array.from({ length: 40 }, make);
const bytes: number[] = [];
for (let round = 0; round < 600; round++) {
  kept[round % kept.length] = make();
  bytes.push(process.memoryUsage().heapTotal);
}
const median = bytes.toSorted((a, b) => a - b)[bytes.length >> 1] ?? 0;
process.stdout.write(String(Math.round(median / 1e6)));

/** Many small ones: what is large is made in the old generation at once. */
function make(): readonly object[] {
  return Array.from({ length: 20_000 }, (_, index) => ({ a: index, b: index, c: index, d: index }));
}
