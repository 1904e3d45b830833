import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { ProjectionMetrics } from "./domain/ports.ts";

/** What stock-query counts. */
export interface StockQueryMetrics extends ProjectionMetrics {
  /** How the near cache answered a key. */
  nearCacheRead(outcome: "hit" | "miss" | "stale"): void;
}

/** Registers the metrics of stock-query. `openWatchers` is asked at each scrape. */
export function createStockQueryMetrics(registry: Registry, openWatchers: () => number): StockQueryMetrics {
  const registers = [registry];
  const projected = new Counter({
    name: "stock_query_projected_total",
    help: "Announced states: written, or not newer than the read model.",
    labelNames: ["outcome"] as const,
    registers,
  });
  const freshness = new Histogram({
    name: "stock_query_freshness_seconds",
    help: "From the change of a stock to the moment it could be read.",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    registers,
  });
  const reads = new Counter({ name: "stock_query_near_cache_reads_total", help: "Keys by how they were answered.", labelNames: ["outcome"] as const, registers });
  const counted = { hit: reads.labels("hit"), miss: reads.labels("miss"), stale: reads.labels("stale") };
  const watchers: Gauge = new Gauge({ name: "stock_query_watchers", help: "Open watches.", registers, collect: () => watchers.set(openWatchers()) });
  return {
    projected(announced, written) {
      projected.inc({ outcome: "written" }, written);
      projected.inc({ outcome: "not_newer" }, announced - written);
    },
    freshness: (seconds) => freshness.observe(seconds),
    nearCacheRead: (outcome) => counted[outcome].inc(),
  };
}
