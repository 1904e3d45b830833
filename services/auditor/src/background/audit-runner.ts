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
  /** Begins an audit, or answers the one that the same call began before. */
  begin(vendorItemId: string, call: KeyedCall | undefined): Promise<Audit | "request-id-reused">;
}

/** An audit that nobody has moved on for this long has lost its process. */
const forgottenAfterMs = 60_000;
const stopped = "The process stopped before it was done.";

/** Audits run one after the other; each is stored from its begin to its end, so that any process can tell of it. */
export function createAuditRunner(options: AuditRunnerOptions): AuditRunner {
  const { store, log, intervalMs, retentionMs, context } = options;
  const stop = new AbortController();
  let last: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const begin: AuditRunner["begin"] = async (vendorItemId, call) => {
    const begun = await store.begin({ auditId: newId(), vendorItemId }, call);
    if (begun === "request-id-reused") return begun;
    if (begun.isNew) last = last.then(() => runOne(options, begun.audit.auditId, vendorItemId, stop.signal));
    return begun.audit;
  };
  const round = async (): Promise<void> => {
    try {
      const now = context.clock.now().getTime();
      await store.abortForgotten(new Date(now - forgottenAfterMs));
      await store.deleteOld(new Date(now - retentionMs));
      if (intervalMs > 0) await begin("", undefined);
      await last;
    } catch (error) {
      log.warn({ err: error }, "an audit could not begin; the next one tries again");
    }
    if (!stop.signal.aborted) timer = setTimeout(() => void round(), intervalMs || forgottenAfterMs);
  };
  return {
    name: "audits",
    begin,
    async start() {
      timer = setTimeout(() => void round(), intervalMs || forgottenAfterMs);
    },
    async drain() {
      stop.abort(new Error(stopped));
      clearTimeout(timer);
      await last;
    },
  };
}

async function runOne({ context, store, metrics, log }: AuditRunnerOptions, auditId: string, vendorItemId: string, signal: AbortSignal): Promise<void> {
  let [checkedCount, violationCount] = [0, 0];
  const listener = {
    async progress(checked: number): Promise<void> {
      checkedCount = checked;
      await store.progress(auditId, checked);
    },
    async found(findings: readonly Finding[]): Promise<void> {
      await store.addFindings(auditId, findings);
      violationCount += findings.length;
      for (const { kind, subject, expected, actual } of findings) {
        metrics.violation(kind);
        log.error({ auditId, kind, subject, expected, actual }, "an audit found a violation");
      }
    },
  };
  try {
    await runAudit(context, vendorItemId, listener, signal);
    const state = violationCount === 0 ? "PASSED" : "FAILED";
    await store.end(auditId, { state, checkedCount, violationCount, error: "" });
    metrics.ended(state);
  } catch (error) {
    const text = signal.aborted ? stopped : `A service did not answer: ${error instanceof Error ? error.message : String(error)}`;
    log.warn({ err: error, auditId }, "an audit ended early");
    metrics.ended("ABORTED");
    await store.end(auditId, { state: "ABORTED", checkedCount, violationCount, error: text.slice(0, 500) }).catch(() => undefined);
  }
}
