import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** When memory is given back. Defaults are for services. */
export interface GiveBackOptions {
  /** How often is looked, in milliseconds. Default: 5,000. */
  readonly periodMs?: number;
  /** A period in which the event loop was busy for more than this share of it is part of a rush. Default: 0.3. */
  readonly rushShare?: number;
  /** In a calm period it was busy for less than this share. Default: 0.1. */
  readonly calmShare?: number;
  /** So many calm periods in a row end a rush. Default: 6. */
  readonly calmPeriods?: number;
  /** Told each time that a rush is over. */
  readonly onCalm?: () => void;
  /** Told where V8 does not let itself be asked; then nothing is given back, and the watch ends. */
  readonly onFailure?: (cause: unknown) => void;
}

/**
 * Lets V8 give the memory of a rush back to the system once it is over. Its young generation stays as large as the rush made it: what shrinks it waits for a low rate
 * of allocation, which is measured at collections, and in a process with next to nothing to do there are none. Two collections of the young generation, of some
 * milliseconds, tell V8 so; it does the rest itself within ten seconds, in steps. Its price: V8 also drops compiled code whose objects are
 * gone, and the first seconds of the next rush pay for compiling it again. Answers the function that ends the watch.
 */
export function giveMemoryBack({ periodMs = 5_000, rushShare = 0.3, calmShare = 0.1, calmPeriods = 6, onCalm, onFailure }: GiveBackOptions = {}): () => void {
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
    try {
      const collect = collector();
      // The first one still counts what the rush made; at the second one the rate is low.
      for (let time = 0; time < 2; time++) collect({ type: "minor", execution: "sync" });
      onCalm?.();
    } catch (cause) {
      clearInterval(timer);
      onFailure?.(cause);
    }
    // The time that this took is no rush.
    last = performance.eventLoopUtilization();
  };
  const timer = setInterval(look, periodMs).unref();
  return () => clearInterval(timer);
}

type Collect = (options: { type: "minor"; execution: "sync" }) => void;

/** V8's own function, for this one use: Node offers it only to programs that were started with a flag. */
function collector(): Collect {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as Collect;
  setFlagsFromString("--no-expose-gc");
  return collect;
}
