import type { Transport } from "@connectrpc/connect";
import type { JSONWebKeySet } from "jose";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { Cache } from "../cache/cache.ts";
import type { Database } from "../database/database.ts";
import type { EventBus } from "../events/event-bus.ts";
import type { ServiceRoutes } from "../rpc/index.ts";

/** The time, so that tests can set it. */
export interface Clock {
  now(): Date;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => new Date() };

/** The processes that others call, by name. Each has an address of its own, or all share one. */
export type UpstreamName = "auth" | "product" | "order" | "stock-query" | "auditor";

/** Every upstream name, for code that has to go through all of them. */
export const upstreamNames: readonly UpstreamName[] = ["auth", "product", "order", "stock-query", "auditor"];

/** What a service is handed by the process that hosts it. It opens none of these itself and closes none. */
export interface Adapters {
  readonly database: Database;
  readonly eventBus: EventBus;
  readonly cache: Cache;
  /** Carries the service's name. */
  readonly log: Logger;
  /** Metrics registered here appear under /metrics of the process. */
  readonly metrics: Registry;
  readonly clock: Clock;
  /**
   * The way to another service: calls carry this service's internal token, the trace, and the deadline of the signal they are
   * given. The same transport comes back for the same name.
   */
  connect(service: UpstreamName): Transport;
}

/** Work beside the calls: consumers, sweepers, relays. */
export interface Background {
  /** For the log and for readiness. */
  readonly name: string;
  /** Resolves when the work is under way. */
  start(): Promise<void>;
  /** Takes no new work, finishes what is running, and resolves then. Called once, also where `start` failed. */
  drain(): Promise<void>;
}

/** A composed service: what it serves and what it does beside. */
export interface Composed {
  readonly routes: readonly ServiceRoutes[];
  readonly background: readonly Background[];
  /** The public keys that verify users' tokens, where this is the service that issues them. */
  readonly jwks?: () => Promise<JSONWebKeySet>;
}
