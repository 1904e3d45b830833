// Is busy for a second with objects that live for a moment, or idle, and then idle for two. Prints each time that memory was given back.
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { giveMemoryBack, type GivenBack } from "../give-memory-back.ts";

const given: GivenBack[] = [];
const stop = giveMemoryBack({ periodMs: 100, onGivenBack: (result) => given.push(result) });
if (process.argv[2] === "rush") {
  let kept: object[][] = [];
  for (const endMs = performance.now() + 1_000; performance.now() < endMs; await turn()) {
    kept.push(Array.from({ length: 20_000 }, (_, number) => ({ number })));
    if (kept.length > 20) kept.shift();
  }
  kept = [];
}
await sleep(2_000);
stop();
process.stdout.write(JSON.stringify(given));
