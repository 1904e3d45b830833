import { setTimeout as sleep } from "node:timers/promises";

/** Waits `ms`, or until the signal fires. Never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** Limits of a growing pause. */
export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** The pause before a further attempt after `failures` failed ones: doubles up to the limit, of which a random half is taken off. */
export function backoffMs(failures: number, { firstMs, maxMs }: BackoffOptions): number {
  const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return ceiling * (0.5 + Math.random() / 2);
}
