// Keeps 40 parts of a heap of some 50 MB, and replaces the oldest again and again. Prints the most that the heap took, in MB.
import { keepHeapSmall } from "../keep-heap-small.ts";

if (process.argv[2] === "small") keepHeapSmall();
const kept = Array.from({ length: 40 }, make);
let most = 0;
for (let round = 0; round < 600; round++) {
  kept[round % kept.length] = make();
  most = Math.max(most, process.memoryUsage().heapTotal);
}
process.stdout.write(String(Math.round(most / 1e6)));

/** Many small ones: what is large is made in the old generation at once. */
function make(): readonly object[] {
  return Array.from({ length: 20_000 }, (_, index) => ({ a: index, b: index, c: index, d: index }));
}
