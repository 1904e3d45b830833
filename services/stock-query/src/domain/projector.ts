import type { ProjectionMetrics, StockStore } from "./ports.ts";
import { newestPerKey, type StockState } from "./stock-state.ts";

/** Brings announced states into the read model. */
export type Projector = (states: readonly StockState[]) => Promise<void>;

/** A projector: one set-based write per batch, the newest version of each key. `now` tells the time for the freshness metric. */
export function createProjector(store: StockStore, metrics: ProjectionMetrics, now: () => Date): Projector {
  return async (states) => {
    const written = await store.apply(newestPerKey(states));
    metrics.projected(states.length, written);
    const nowMs = now().getTime();
    for (const { changeTime } of states) metrics.freshness(Math.max(0, nowMs - changeTime.getTime()) / 1000);
  };
}
