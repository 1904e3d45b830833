import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** When memory is given back. Defaults are for services. */
export interface GiveBackOptions {
  /** How often is looked, in milliseconds. Default: 5,000. */
  readonly periodMs?: number;
  /** A period in which the event loop was busy for more than this share of it is part of a rush. Default: 0.3. */
  readonly rushShare?: number;
  /** Periods in which it was busy for less than this share follow a rush. Default: 0.1. */
  readonly calmShare?: number;
  /** So many calm periods in a row end a rush. Default: 2. */
  readonly calmPeriods?: number;
  /** Told what was taken and is, in bytes, and how long it took, in milliseconds. */
  readonly onGivenBack?: (result: GivenBack) => void;
}

/** What giving back came to. */
export interface GivenBack {
  readonly residentBytesBefore: number;
  readonly residentBytesAfter: number;
  readonly durationMs: number;
}

/**
 * Gives the memory of a rush back to the system once it is over. V8 keeps its young generation as large as the rush made it: what would shrink it waits for a low rate
 * of allocation, which it measures at collections, and in a process with nothing to do there are none. So the process collects
 * everything once, which stops it for 0.1 to 0.3 s, when it has next to nothing to do. Answers the function that ends the watch.
 */
export function giveMemoryBack({ periodMs = 5_000, rushShare = 0.3, calmShare = 0.1, calmPeriods = 2, onGivenBack }: GiveBackOptions = {}): () => void {
  let last = performance.eventLoopUtilization();
  let hadRush = false;
  let calm = 0;
  const look = (): void => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    hadRush ||= utilization > rushShare;
    calm = utilization < calmShare ? calm + 1 : 0;
    if (!hadRush || calm < calmPeriods) return;
    hadRush = false;
    onGivenBack?.(collectEverything());
  };
  const timer = setInterval(look, periodMs).unref();
  return () => clearInterval(timer);
}

/** V8's own way of an allocation that finds no memory: collects all there is, and makes the young generation small. */
function collectEverything(): GivenBack {
  const residentBytesBefore = process.memoryUsage.rss();
  const beganMs = performance.now();
  // The function is made for this one use: Node offers it to programs that were started with a flag only.
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as (options: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void;
  setFlagsFromString("--no-expose-gc");
  collect({ type: "major", execution: "sync", flavor: "last-resort" });
  return { residentBytesBefore, residentBytesAfter: process.memoryUsage.rss(), durationMs: performance.now() - beganMs };
}
