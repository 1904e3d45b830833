import { performance } from "node:perf_hooks";
import { Script } from "node:vm";

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
}

/**
 * Lets V8 give the memory of a rush back to the system once it is over. V8 looks every eight seconds whether little is allocated, and then makes its heap small, in steps; but
 * where nothing at all is allocated in its heap of C++ objects, it takes the rate for unknown, and waits for minutes. A script is such an object: one, made
 * when it is calm, lets V8 see a rate that is low. What there was to give is back within a quarter of a minute. The price: compiled code whose
 * objects are gone goes too, and the first seconds of the next rush pay for compiling it again. Answers the function that ends the watch.
 */
export function giveMemoryBack({ periodMs = 5_000, rushShare = 0.3, calmShare = 0.1, calmPeriods = 6, onCalm }: GiveBackOptions = {}): () => void {
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
    void new Script("0");
    onCalm?.();
  };
  const timer = setInterval(look, periodMs).unref();
  return () => clearInterval(timer);
}
