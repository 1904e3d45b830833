// Is busy for a second with objects that live for a moment, and then idle until 40 MB are given back, or for 40 seconds: V8 waits for eight and more. Or is only idle, for one second.
// Prints how often a rush was over, and what the process took before and after, in MB.
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { giveMemoryBack } from "../give-memory-back.ts";

const residentMb = (): number => Math.round(process.memoryUsage.rss() / 1e6);
let over = 0;
const stop = giveMemoryBack({ periodMs: 100, rushShare: 0.8, onCalm: () => over++ });
const isRush = process.argv[2] === "rush";
if (isRush) await rush();
const beforeMb = residentMb();
for (const endMs = performance.now() + (isRush ? 40_000 : 1_000); performance.now() < endMs && beforeMb - residentMb() <= 40; ) await sleep(250);
stop();
process.stdout.write(JSON.stringify({ over, beforeMb, afterMb: residentMb() }));

async function rush(): Promise<void> {
  const kept: object[][] = [];
  for (const endMs = performance.now() + 1_000; performance.now() < endMs; await turn()) {
    kept.push(Array.from({ length: 20_000 }, (_, number) => ({ number })));
    if (kept.length > 20) kept.shift();
  }
}
