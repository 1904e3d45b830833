import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Adapters, Composed } from "@flashdeal/runtime/lifecycle";
import { createAuditRunner, type AuditRunner } from "./background/audit-runner.ts";
import type { AuditorConfig } from "./config.ts";
import { createRoutes } from "./handler/routes.ts";
import { createAuditMetrics } from "./metrics.ts";
import { createAuditStore } from "./store/audit-store.ts";
import { createServices } from "./upstream/services.ts";

/** The schema of the auditor and where its migrations are. */
export const auditorMigrations = {
  schema: "audit",
  folder: fileURLToPath(new URL("../../../sql/auditor/migrations", import.meta.url)),
} as const;

/** The composed auditor, and its runner for hosts and tests that begin audits by hand. */
export interface ComposedAuditor extends Composed {
  readonly runner: AuditRunner;
}

/** Wires the auditor. It knows the other services by their rpcs alone. */
export function composeAuditor(config: AuditorConfig, adapters: Pick<Adapters, "database" | "clock" | "log" | "metrics" | "connect">): ComposedAuditor {
  const { clock, log, connect } = adapters;
  const { freshnessMs, holdGraceMs, intervalMs, retentionMs, pageSize, callTimeoutMs: timeoutMs } = config;
  const store = createAuditStore(adapters);
  const services = createServices({ connect, timeoutMs, pageSize });
  const metrics = createAuditMetrics(adapters.metrics);
  const runner = createAuditRunner({ context: { services, clock, freshnessMs, holdGraceMs, pageSize, pause }, store, metrics, log, intervalMs, retentionMs });
  return { routes: createRoutes({ store, services, clock, holdGraceMs, runner, metrics, log }), background: [runner], runner };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal });
}
