import type { EventBus, EventMessage } from "@flashdeal/runtime/events";
import type { Logger } from "@flashdeal/runtime/telemetry";
import type { OutboxRow } from "../store/outbox-source.ts";
import type { RelayMetrics } from "./metrics.ts";
import { backoffMs, pause, type BackoffOptions } from "./pause.ts";

/** Hands rows to the event bus until it has them. */
export interface Publisher {
  /** True once every row is stored by the bus; false where the signal fired first: then some may be, and all must be published again. */
  publish(rows: readonly OutboxRow[], signal: AbortSignal): Promise<boolean>;
}

/** What a publisher needs. */
export interface PublisherOptions {
  readonly source: string;
  readonly eventBus: EventBus;
  readonly backoff: BackoffOptions;
  readonly metrics: RelayMetrics;
  readonly log: Logger;
}

/** A publisher that never skips an event: while the bus refuses a batch, it tries the same batch again with growing pauses. */
export function createPublisher({ source, eventBus, backoff, metrics, log }: PublisherOptions): Publisher {
  return {
    async publish(rows, signal) {
      if (rows.length === 0) return true;
      const events = rows.map(toEvent);
      for (let failures = 0; !signal.aborted; ) {
        try {
          await eventBus.publish(events);
          metrics.published(source, events.length);
          if (failures > 0) log.info({ source, failures }, "the event bus takes events again");
          return true;
        } catch (error) {
          failures += 1;
          metrics.publishFailed(source);
          const retryMs = Math.round(backoffMs(failures, backoff));
          log.warn({ source, err: error, failures, retryMs }, "the event bus did not take a batch");
          await pause(retryMs, signal);
        }
      }
      return false;
    },
  };
}

function toEvent(row: OutboxRow): EventMessage {
  return { id: row.eventId, subject: row.subject, data: row.payload, headers: toHeaders(row.headers) };
}

function toHeaders(json: unknown): Record<string, string> {
  const entries = typeof json === "object" && json !== null ? Object.entries(json) : [];
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)]));
}
