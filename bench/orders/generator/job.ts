import type { LoadResult } from "./load.ts";

/** One load, as it is handed to the generator's process. */
export interface LoadJob {
  readonly port: number;
  /** CreateOrder, the health check of the same server, or POST /orders of a baseline. */
  readonly call: "create-order" | "health" | "http-order";
  readonly connections: number;
  readonly users: readonly string[];
  readonly token: string;
  /** Sold one unit at a time, in turn; items of a baseline. */
  readonly dealIds: readonly string[];
  readonly durationMs: number;
  /** Callers at once, each waiting for its answer; undefined: open loop. */
  readonly concurrency?: number;
  /** Ends the closed loop before its time. */
  readonly maxCalls?: number;
  /** Calls per second of the open loop. */
  readonly perSecond?: number;
}

/** What the generator's process answers. */
export interface JobResult extends LoadResult {
  /** Share of one core that the generator itself took. */
  readonly generatorCores: number;
}
