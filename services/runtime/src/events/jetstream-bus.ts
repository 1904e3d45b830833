import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { type NatsConnection, connect } from "@nats-io/transport-node";
import type { Logger } from "pino";
import { withTimeout } from "../database/transaction-guard.ts";
import { validateSubscribeOptions } from "./delivery.ts";
import type { EventBus, EventMessage, Subscription } from "./event-bus.ts";
import { createLink } from "./jetstream-link.ts";
import { natsHeaders } from "./jetstream-message.ts";
import { startPullSubscription } from "./jetstream-subscription.ts";
import { STREAMS, type StreamDefinition, ensureStreams } from "./streams.ts";

export interface JetStreamBusOptions {
  /** `nats://user:password@host:port`, several with commas. */
  readonly url: string;
  /** Created or updated at start. Default: `STREAMS`. */
  readonly streams?: readonly StreamDefinition[];
  /** Copies of each stream in a cluster. Default: 1. */
  readonly replicas?: number;
  /** Longest wait for the first connection; later ones are tried for ever. Default: 10 s. */
  readonly connectTimeoutMs?: number;
  /** Longest wait for JetStream's acknowledgement of an event, or for another answer. Default: 5 s. */
  readonly requestTimeoutMs?: number;
  /** Most publications that wait for their acknowledgement at once. Default: 1,000. */
  readonly maxInFlight?: number;
  /** Shown by the server. Default: "flashdeal". */
  readonly name?: string;
  readonly log: Logger;
}

const DEFAULT_BACKOFF_MS: readonly number[] = [100, 500, 2000, 10_000];
const RECONNECT_WAIT_MS = 250;
const PING_INTERVAL_MS = 10_000;

/**
 * NATS JetStream, from server 2.9 on. Connects, and creates the streams; throws where the server does not answer in time. A
 * lost connection is restored in the background: what waited for its acknowledgement is rejected at once, since that cannot come any more;
 * meanwhile `publish` waits, and rejects after `requestTimeoutMs`; subscriptions wait.
 */
export async function createJetStreamBus(options: JetStreamBusOptions): Promise<EventBus> {
  const { log, streams = STREAMS, requestTimeoutMs = 5_000, maxInFlight = 1_000 } = options;
  const connection = await open(options);
  const link = createLink(connection, log);
  const manager = await prepare(connection, streams, options);
  const client = jetstream(connection, { timeout: requestTimeoutMs });
  const subscriptions = new Set<Subscription>();
  let closing: Promise<void> | undefined;

  async function publish(events: readonly EventMessage[]): Promise<void> {
    if (closing !== undefined) {
      throw new Error("the event bus is closed");
    }
    for (let start = 0; start < events.length; start += maxInFlight) {
      await publishTogether(events.slice(start, start + maxInFlight)).catch((error: unknown) => {
        throw new Error(`JetStream did not acknowledge every event: ${describe(error)}`, { cause: error });
      });
    }
  }

  async function publishTogether(events: readonly EventMessage[]): Promise<void> {
    // The client drops what it is given while the connection is away.
    await link.restored(requestTimeoutMs);
    const { lost, release } = link.untilLost();
    const flight = events.map((event) =>
      client.publish(event.subject, event.data, { msgID: event.id, headers: natsHeaders(event.headers), timeout: requestTimeoutMs }),
    );
    const outcomes = await Promise.race([Promise.allSettled(flight), lost]).finally(release);
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
  }

  return {
    publish,
    async subscribe(subscribeOptions, handler) {
      if (closing !== undefined) {
        throw new Error("the event bus is closed");
      }
      const settings = validateSubscribeOptions(subscribeOptions, DEFAULT_BACKOFF_MS);
      const inner = await startPullSubscription({ connection, client, manager, streams, settings, handler, publish, log });
      const subscription: Subscription = {
        async drain() {
          subscriptions.delete(subscription);
          await inner.drain();
        },
      };
      subscriptions.add(subscription);
      return subscription;
    },
    async ping(timeoutMs) {
      await withTimeout(connection.flush(), timeoutMs, "the event bus");
    },
    close() {
      closing ??= (async () => {
        await Promise.all([...subscriptions].map((subscription) => subscription.drain()));
        await withTimeout(connection.drain(), requestTimeoutMs, "the event bus").catch(() => connection.close());
      })();
      return closing;
    },
  };
}

/** NATS gives the first connection one try only where we do not say otherwise; a server that still starts gets a second chance. */
async function open({ url, connectTimeoutMs = 10_000, name = "flashdeal" }: JetStreamBusOptions): Promise<NatsConnection> {
  const deadline = Date.now() + connectTimeoutMs;
  for (;;) {
    try {
      return await connect({
        servers: url.split(","),
        name,
        timeout: connectTimeoutMs,
        maxReconnectAttempts: -1,
        reconnectTimeWait: RECONNECT_WAIT_MS,
        pingInterval: PING_INTERVAL_MS,
      });
    } catch (error) {
      if (Date.now() + RECONNECT_WAIT_MS > deadline) {
        throw new Error(`the event bus cannot be reached within ${connectTimeoutMs} ms: ${describe(error)}`, { cause: error });
      }
      await new Promise((resolve) => {
        setTimeout(resolve, RECONNECT_WAIT_MS);
      });
    }
  }
}

async function prepare(connection: NatsConnection, streams: readonly StreamDefinition[], options: JetStreamBusOptions) {
  try {
    const manager = await jetstreamManager(connection, { timeout: options.requestTimeoutMs ?? 5_000 });
    await ensureStreams(manager, streams, options.replicas ?? 1);
    return manager;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
