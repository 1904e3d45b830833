// Is busy for a second with objects that live for a moment, or not, and then idle for twelve: V8 waits for eight of them. Prints how often a rush was over, and what the process
// took before and after, in MB.
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { giveMemoryBack } from "../give-memory-back.ts";

const residentMb = (): number => Math.round(process.memoryUsage.rss() / 1e6);
let over = 0;
const stop = giveMemoryBack({ periodMs: 100, onCalm: () => over++ });
if (process.argv[2] === "rush") await rush();
const beforeMb = residentMb();
await sleep(12_000);
stop();
process.stdout.write(JSON.stringify({ over, beforeMb, afterMb: residentMb() }));

async function rush(): Promise<void> {
  const kept: object[][] = [];
  for (const endMs = performance.now() + 1_000; performance.now() < endMs; await turn()) {
    kept.push(Array.from({ length: 20_000 }, (_, number) => ({ number })));
    if (kept.length > 20) kept.shift();
  }
}
