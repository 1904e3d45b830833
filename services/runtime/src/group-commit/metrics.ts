import { Gauge, Histogram, type Registry } from "prom-client";

/** One batch as it leaves. */
export interface BatchDeparture {
  readonly size: number;
  /** Items left behind in the queue. */
  readonly queued: number;
  /** How long the batch's first item waited. */
  readonly longestWaitMs: number;
}

/** Learns of batches. */
export interface BatchMetrics {
  /** For the batches of one name. */
  of(name: string): (departure: BatchDeparture) => void;
}

/** Learns nothing. */
export const noBatchMetrics: BatchMetrics = { of: () => () => {} };

const sizes = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];
/** Upper bounds in seconds. */
const waits = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

/** Batches as metrics of a process; the services of one process share them, each batch name is a label. */
export function createBatchMetrics(registry: Registry): BatchMetrics {
  const label = { labelNames: ["batch"] as const, registers: [registry] };
  const size = shared(registry, "group_commit_batch_size", (name) => new Histogram({ name, help: "Items per batch.", buckets: sizes, ...label }));
  const wait = shared(registry, "group_commit_wait_seconds", (name) => {
    return new Histogram({ name, help: "How long the first item of each batch waited.", buckets: waits, ...label });
  });
  const queue = shared(registry, "group_commit_queue_length", (name) => new Gauge({ name, help: "Items left waiting when the last batch left.", ...label }));
  return {
    of(batch) {
      const sizeOf = size.labels({ batch });
      const waitOf = wait.labels({ batch });
      const queueOf = queue.labels({ batch });
      return (departure) => {
        sizeOf.observe(departure.size);
        waitOf.observe(departure.longestWaitMs / 1_000);
        queueOf.set(departure.queued);
      };
    },
  };
}

function shared<M extends Histogram<"batch"> | Gauge<"batch">>(registry: Registry, name: string, make: (name: string) => M): M {
  return (registry.getSingleMetric(name) as M | undefined) ?? make(name);
}
