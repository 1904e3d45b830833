import { setTimeout as sleep } from "node:timers/promises";
import { build, type Histogram } from "hdr-histogram-js";

/** Starts one call; `onEnd` is told whether it was answered with a message. */
export type StartCall = (onEnd: (answered: boolean) => void) => void;

/** What a load came to. Latencies in milliseconds. */
export interface LoadResult {
  readonly answered: number;
  readonly failed: number;
  /** Answered calls per second over the measured time. */
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Latencies above this count as this. */
const longestMs = 60_000;

/**
 * `concurrency` callers, each with its next call as soon as the last one ended: the most that the server does. Ends when the time is over or
 * `maxCalls` are made.
 */
export async function closedLoop(start: StartCall, concurrency: number, durationMs: number, maxCalls = Infinity): Promise<LoadResult> {
  const latencies = createLatencies();
  const counts = { answered: 0, failed: 0 };
  const beganMs = performance.now();
  const endMs = beganMs + durationMs;
  let open = 0;
  let made = 0;
  const finished = Promise.withResolvers<void>();
  const next = (): void => {
    const sentMs = performance.now();
    if (sentMs >= endMs || made >= maxCalls) {
      if (open === 0) finished.resolve();
      return;
    }
    open++;
    made++;
    start((answered) => {
      open--;
      counts[answered ? "answered" : "failed"]++;
      latencies.recordValue(toMicroseconds(performance.now() - sentMs));
      next();
    });
  };
  for (let caller = 0; caller < concurrency; caller++) next();
  await finished.promise;
  return resultOf(counts, latencies, performance.now() - beganMs);
}

/**
 * `perSecond` calls each second, whether or not earlier ones are answered. A latency begins at the moment at which the call was to
 * be sent, so that a server that stalls is charged with all that would have come in the meantime (no coordinated omission).
 */
export async function openLoop(start: StartCall, perSecond: number, durationMs: number): Promise<LoadResult> {
  const latencies = createLatencies();
  const counts = { answered: 0, failed: 0 };
  const total = Math.floor((perSecond * durationMs) / 1_000);
  const beganMs = performance.now();
  const finished = Promise.withResolvers<void>();
  let ended = 0;
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - beganMs) * perSecond) / 1_000));
    for (; sent < due; sent++) {
      const intendedMs = beganMs + (sent * 1_000) / perSecond;
      start((answered) => {
        counts[answered ? "answered" : "failed"]++;
        latencies.recordValue(toMicroseconds(performance.now() - intendedMs));
        if (++ended === total) finished.resolve();
      });
    }
    await sleep(1);
  }
  await finished.promise;
  return resultOf(counts, latencies, performance.now() - beganMs);
}

function createLatencies(): Histogram {
  return build({ lowestDiscernibleValue: 1, highestTrackableValue: longestMs * 1_000, numberOfSignificantValueDigits: 3 });
}

function toMicroseconds(ms: number): number {
  return Math.min(longestMs * 1_000, Math.max(1, Math.round(ms * 1_000)));
}

function resultOf(counts: { readonly answered: number; readonly failed: number }, latencies: Histogram, durationMs: number): LoadResult {
  const atMs = (percentile: number): number => latencies.getValueAtPercentile(percentile) / 1_000;
  return { ...counts, perSecond: (counts.answered * 1_000) / durationMs, p50Ms: atMs(50), p99Ms: atMs(99), maxMs: latencies.maxValue / 1_000 };
}
