import { collectDefaultMetrics, Registry } from "prom-client";

export { Registry } from "prom-client";

/** A registry with the metrics of the process itself (memory, event loop, garbage collection). One per process. */
export function createMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
