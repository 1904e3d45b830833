import { createHash } from "node:crypto";
import type { Database } from "@flashdeal/runtime/database";
import type { Logger } from "@flashdeal/runtime/telemetry";
import { backoffMs, pause, type BackoffOptions } from "./pause.ts";

/** How a process takes part in the election for one source. */
export interface LeaderOptions {
  readonly source: string;
  readonly database: Database;
  /** How often a process that does not lead tries to. */
  readonly retryMs: number;
  readonly backoff: BackoffOptions;
  readonly log: Logger;
  /** Told when leadership is won and when it ends. */
  onChange(leads: boolean): void;
}

/**
 * Runs `lead` whenever this process holds the source's advisory lock, until `signal` fires. `lead` gets a signal that
 * also fires when the lock is lost. Where it throws, the lock is given back and everything is tried again after a pause. Never rejects.
 */
export async function runAsLeader(options: LeaderOptions, signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const { source, log } = options;
  let failures = 0;
  while (!signal.aborted) {
    try {
      if (await leadOnce(options, signal, lead)) failures = 0;
      else await pause(options.retryMs, signal);
    } catch (error) {
      failures += 1;
      const retryMs = Math.round(backoffMs(failures, options.backoff));
      log.warn({ source, err: error, retryMs }, "relaying stopped and will be tried again");
      await pause(retryMs, signal);
    }
  }
}

/** False where another process leads. */
async function leadOnce(options: LeaderOptions, signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
  const { source, log } = options;
  const lock = await options.database.tryAdvisoryLock(lockKey(source));
  if (lock === undefined) return false;
  options.onChange(true);
  log.info({ source }, "this process relays the outbox");
  try {
    await lead(AbortSignal.any([signal, lock.lost]));
  } finally {
    options.onChange(false);
    log.info({ source, lost: lock.lost.aborted }, "this process no longer relays the outbox");
    // Where the connection is gone, so is the lock.
    await lock.release().catch((error: unknown) => log.warn({ source, err: error }, "the lock was not released"));
  }
  return true;
}

/** The advisory lock of a source: 64 bits of a hash, so that it meets no other part's lock. */
export function lockKey(source: string): bigint {
  return createHash("sha256").update(`flashdeal.outbox-relay.${source}`).digest().readBigInt64BE(0);
}
