/**
 * The event bus port. Adapters: `createJetStreamBus` (NATS JetStream) and `createLocalBus` (in process, for the embedded
 * profile: `publish` resolves only after every subscriber has handled the event, so that it is as durable as the outbox
 * that feeds it). Delivery is at least once on both; consumers keep an inbox or are idempotent by version.
 */

export interface EventMessage {
  /** Unique id (UUIDv7). JetStream drops a second publication of the same id within its duplicate window. */
  readonly id: string;
  /** For example `flashdeal.order.v1.OrderCreated`: the full name of the payload's message type. */
  readonly subject: string;
  /** The payload: the protobuf message in binary form. */
  readonly data: Uint8Array;
  /** Further headers, for example `traceparent`. Names are lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface ReceivedEvent extends EventMessage {
  /** 1 for the first delivery; also deliveries to a process that was killed count. */
  readonly attempt: number;
}

export interface SubscribeOptions {
  /** Durable name: processes that share it share the work; it keeps its place across restarts. For example `product-orders`. */
  readonly durable: string;
  /**
   * Every process gets every event from now on, instead of sharing the work under the durable name: nothing is kept for a
   * process that is away, and a handler that throws loses the batch (no redelivery, no dead letter). For caches in
   * process. `durable` then only names it in logs and metrics. Default: false.
   */
  readonly ephemeral?: boolean;
  /** Subjects, NATS wildcards allowed, all of one stream: `flashdeal.order.v1.>`. */
  readonly subjects: readonly string[];
  /** Most events handed over at once. Default: 256. */
  readonly batchSize?: number;
  /** Events that a process had taken when it died come again after this long; one that lives says so in time. Default: 4 s. */
  readonly ackWaitMs?: number;
  /** Failures of the handler at one event, in one process, before it goes to the dead-letter stream. Default: 5. */
  readonly maxAttempts?: number;
  /** Pause before attempt 2, 3, …; the last one repeats. Default: [100, 500, 2000, 10000]. */
  readonly backoffMs?: readonly number[];
}

/**
 * Handles a batch. Resolving acknowledges all of it. Throwing makes the bus hand over each event of the batch alone, so
 * that a poison message fails alone: it is tried until it has failed `maxAttempts` times and then published on
 * `flashdeal.deadletter.<durable>` with headers `deadletter-subject` and `deadletter-error`, never blocking its neighbours.
 */
export type EventHandler = (events: readonly ReceivedEvent[], signal: AbortSignal) => Promise<void>;

export interface Subscription {
  /** Stops fetching, waits for the handler that is running, acknowledges what it finished. */
  drain(): Promise<void>;
}

export interface EventBus {
  /** Resolves when every event is stored durably (JetStream acknowledged it, or every local subscriber handled it). */
  publish(events: readonly EventMessage[]): Promise<void>;
  subscribe(options: SubscribeOptions, handler: EventHandler): Promise<Subscription>;
  /** Throws where the bus does not answer within `timeoutMs`. */
  ping(timeoutMs: number): Promise<void>;
  /** Drains every subscription and disconnects. Safe to call twice. */
  close(): Promise<void>;
}
