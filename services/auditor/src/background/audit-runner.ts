import { newId } from "@flashdeal/runtime/ids";
import type { Background } from "@flashdeal/runtime/lifecycle";
import type { Logger } from "@flashdeal/runtime/telemetry";
import type { Finding } from "../domain/finding.ts";
import type { Audit, AuditStore, KeyedCall } from "../domain/ports.ts";
import { runAudit, type AuditContext } from "../domain/run-audit.ts";
import type { AuditMetrics } from "../metrics.ts";

/** How audits are run. */
export interface AuditRunnerOptions {
  readonly context: AuditContext;
  readonly store: AuditStore;
  readonly metrics: AuditMetrics;
  readonly log: Logger;
  /** Pause between the audits that nobody asked for, in milliseconds; 0: none. */
  readonly intervalMs: number;
  /** How long audits are kept, in milliseconds. */
  readonly retentionMs: number;
}

/** Runs audits beside the calls, one at a time. */
export interface AuditRunner extends Background {
  /** Begins an audit, or answers the one that the same call began before. `overloaded`: as many wait as may. */
  begin(vendorItemId: string, call: KeyedCall | undefined): Promise<Audit | "request-id-reused" | "overloaded">;
}

/** How often an audit that runs, or waits for its turn, is noted as alive. */
const heartbeatMs = 10_000;
/** An audit that nobody has moved on for this long has lost its process. */
const forgottenAfterMs = 60_000;
/** Timers cannot wait for as long as an interval may be: the schedule is looked at again after this. */
const maxPauseMs = 3_600_000;
/** Audits of this process that run or wait. */
const maxOpen = 32;
/** An audit that finds more is broken off: something larger is wrong. */
const maxViolations = 10_000;
const stopped = "The process stopped before it was done.";

/** Audits run one after the other; each is stored from its begin to its end, so that any process can tell of it. */
export function createAuditRunner(options: AuditRunnerOptions): AuditRunner {
  const { store, intervalMs, retentionMs, context } = options;
  const stop = new AbortController();
  const open = new Set<string>();
  let last: Promise<void> = Promise.resolve();
  let loops: readonly Promise<void>[] = [];
  const before = (ms: number): Date => new Date(context.clock.now().getTime() - ms);

  const begin: AuditRunner["begin"] = async (vendorItemId, call) => {
    if (open.size >= maxOpen) return "overloaded";
    const auditId = newId();
    open.add(auditId);
    const begun = await store.begin({ auditId, vendorItemId }, call).catch((error: unknown) => {
      open.delete(auditId);
      throw error;
    });
    if (begun === "request-id-reused" || !begun.isNew) {
      open.delete(auditId);
      return begun === "request-id-reused" ? begun : begun.audit;
    }
    last = last.then(() => runOne(options, auditId, vendorItemId, stop.signal)).finally(() => open.delete(auditId));
    return begun.audit;
  };
  const heartbeat = async (): Promise<number> => {
    if (open.size > 0) await store.keepAlive([...open]);
    await store.abortForgotten(before(forgottenAfterMs));
    await store.deleteOld(before(retentionMs));
    return heartbeatMs;
  };
  // What counts is when the last one began, by whichever process: several of them, and restarts, share one rhythm.
  const schedule = async (): Promise<number> => {
    const lastBegin = await store.lastBeginTime();
    const waited = lastBegin === undefined ? intervalMs : context.clock.now().getTime() - lastBegin.getTime();
    if (waited < intervalMs) return Math.min(intervalMs - waited, maxPauseMs);
    await begin("", undefined);
    return Math.min(intervalMs, maxPauseMs);
  };
  const loop = async (round: () => Promise<number>, firstMs: number): Promise<void> => {
    let pauseMs = firstMs;
    while (!stop.signal.aborted) {
      try {
        await context.pause(pauseMs, stop.signal);
        pauseMs = await round();
      } catch (error) {
        if (!stop.signal.aborted) options.log.warn({ err: error }, "a round of the auditor failed; the next one tries again");
        pauseMs = heartbeatMs;
      }
    }
  };
  return {
    name: "audits",
    begin,
    async start() {
      loops = [loop(heartbeat, 0), ...(intervalMs > 0 ? [loop(schedule, Math.min(intervalMs, heartbeatMs))] : [])];
    },
    async drain() {
      stop.abort(new Error(stopped));
      await Promise.all([...loops, last]);
    },
  };
}

/** Why an audit was broken off. */
class BrokenOffError extends Error {
  override readonly name = "BrokenOffError";
}

async function runOne({ context, store, metrics, log }: AuditRunnerOptions, auditId: string, vendorItemId: string, signal: AbortSignal): Promise<void> {
  let [checkedCount, violationCount] = [0, 0];
  const listener = {
    async progress(checked: number): Promise<void> {
      checkedCount = checked;
      await store.progress(auditId, checked);
    },
    async found(findings: readonly Finding[]): Promise<void> {
      const kept = findings.slice(0, maxViolations - violationCount);
      await store.addFindings(auditId, kept);
      violationCount += kept.length;
      for (const { kind, subject, expected, actual } of kept) {
        metrics.violation(kind);
        log.error({ auditId, kind, subject, expected, actual }, "an audit found a violation");
      }
      if (violationCount >= maxViolations) throw new BrokenOffError(`It was broken off after ${maxViolations} violations.`);
    },
  };
  try {
    signal.throwIfAborted();
    await runAudit(context, vendorItemId, listener, signal);
    const state = violationCount === 0 ? "PASSED" : "FAILED";
    await store.end(auditId, { state, checkedCount, violationCount, error: "" });
    metrics.ended(state);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    const text = signal.aborted ? stopped : error instanceof BrokenOffError ? cause : `A service did not answer: ${cause}`;
    log.warn({ err: error, auditId }, "an audit ended early");
    metrics.ended("ABORTED");
    await store.end(auditId, { state: "ABORTED", checkedCount, violationCount, error: text.slice(0, 500) }).catch(() => undefined);
  }
}
