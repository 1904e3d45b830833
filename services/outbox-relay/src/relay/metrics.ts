import { Counter, Gauge, type Registry } from "prom-client";

/** What the relay counts, per source (schema). */
export interface RelayMetrics {
  published(source: string, events: number): void;
  publishFailed(source: string): void;
  deleted(source: string, rows: number): void;
  leading(source: string, leads: boolean): void;
  /** `ageSeconds`: of the oldest unpublished row as of now, 0 where there is none. It keeps growing until the next report. */
  oldestUnpublished(source: string, ageSeconds: number): void;
}

/** Registers the relay's metrics. A relay that does not lead a source reports no lag for it. */
export function createRelayMetrics(registry: Registry): RelayMetrics {
  const registers = [registry];
  const labelNames = ["source"] as const;
  const oldest = new Map<string, { readonly ageSeconds: number; readonly atMs: number }>();
  const published = new Counter({ name: "outbox_relay_published_total", help: "Events handed to the event bus.", labelNames, registers });
  const failures = new Counter({ name: "outbox_relay_publish_failures_total", help: "Batches that the event bus did not take.", labelNames, registers });
  const deleted = new Counter({ name: "outbox_relay_deleted_total", help: "Published rows deleted after their retention.", labelNames, registers });
  const leader = new Gauge({ name: "outbox_relay_leader", help: "1 where this process publishes the source.", labelNames, registers });
  const lag = new Gauge({
    name: "outbox_relay_lag_seconds",
    help: "Age of the oldest unpublished row, 0 where there is none.",
    labelNames,
    registers,
    collect() {
      for (const [source, { ageSeconds, atMs }] of oldest) {
        this.set({ source }, ageSeconds === 0 ? 0 : ageSeconds + (performance.now() - atMs) / 1000);
      }
    },
  });
  return {
    published: (source, events) => published.inc({ source }, events),
    publishFailed: (source) => failures.inc({ source }),
    deleted: (source, rows) => deleted.inc({ source }, rows),
    leading(source, leads) {
      leader.set({ source }, leads ? 1 : 0);
      if (leads) return;
      oldest.delete(source);
      lag.remove({ source });
    },
    oldestUnpublished: (source, ageSeconds) => oldest.set(source, { ageSeconds, atMs: performance.now() }),
  };
}
