import { duration, integer, loadConfig, type Config } from "@flashdeal/runtime/config";
import { serviceSettings } from "@flashdeal/runtime/lifecycle";

const dayMs = 86_400_000;

/** The settings of the auditor's own work. */
export const auditorShape = {
  /** Pause between two audits that nobody asked for. 0: none. */
  intervalMs: duration("AUDIT_INTERVAL", { default: 600_000, maxMs: 30 * dayMs }),
  /** How old the read model may be, and how long events may take; what looks wrong is looked at again after this. */
  freshnessMs: duration("AUDIT_FRESHNESS", { default: 5_000, minMs: 10, maxMs: 600_000 }),
  /** How long a hold without an order may outlive its time, before it is a violation: product's own sweeper comes first. */
  holdGraceMs: duration("AUDIT_HOLD_GRACE", { default: 120_000, maxMs: dayMs }),
  /** Entries asked for at once. */
  pageSize: integer("AUDIT_PAGE_SIZE", { default: 500, min: 1, max: 1_000 }),
  /** Longest wait for one answer. */
  callTimeoutMs: duration("AUDIT_CALL_TIMEOUT", { default: 30_000, minMs: 100, maxMs: 600_000 }),
  /** How long audits are kept. */
  retentionMs: duration("AUDIT_RETENTION", { default: 30 * dayMs, minMs: 60_000 }),
};

/** What `composeAuditor` needs to know. */
export type AuditorConfig = Config<typeof auditorShape>;

/** Reads the settings of the auditor; throws one ConfigError that lists everything that is wrong. */
export function loadAuditorConfig(env: NodeJS.ProcessEnv = process.env): AuditorConfig {
  return loadConfig(auditorShape, env);
}

/** Reads the settings of the auditor as a process of its own, those of every service included. */
export function loadAuditorServiceConfig(env: NodeJS.ProcessEnv = process.env) {
  return loadConfig({ ...serviceSettings({ grpcPort: 50_065, httpPort: 9_065 }), ...auditorShape }, env);
}
