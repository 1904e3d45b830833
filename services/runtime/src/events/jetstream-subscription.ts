import {
  AckPolicy,
  type ConsumerConfig,
  JetStreamApiCodes,
  JetStreamApiError,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from "@nats-io/jetstream";
import { type NatsConnection, nanos } from "@nats-io/nats-core";
import { LRUCache } from "lru-cache";
import type { Logger } from "pino";
import { type SubscribeSettings, backoffAfter, deadLetter, handleUntilDecided, pause } from "./delivery.ts";
import type { EventHandler, EventMessage, Subscription } from "./event-bus.ts";
import { toEvent } from "./jetstream-message.ts";
import { createMessageQueue } from "./message-queue.ts";
import { type StreamDefinition, streamOf } from "./streams.ts";
import { subjectMatches } from "./subjects.ts";

interface Running extends PullSubscription {
  /**
   * How often the handler failed here at an event, by its place in the stream. Deliveries are no measure of that: a process that is
   * restarted again and again takes the same events each time, and they must not end in the dead letters for it.
   */
  readonly failures: LRUCache<number, number>;
}

export interface PullSubscription {
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly streams: readonly StreamDefinition[];
  readonly settings: SubscribeSettings;
  readonly handler: EventHandler;
  readonly publish: (events: readonly EventMessage[]) => Promise<void>;
  readonly log: Logger;
}

/** Unacknowledged events of one durable, over all processes that share it, are at most this or four batches. */
const MIN_ACK_PENDING = 1_000;
/** The server forgets an ephemeral consumer whose process has been gone this long. */
const EPHEMERAL_INACTIVE_MS = 30_000;
const RESTART_PAUSE_MS = 500;
/** An event whose count falls out, or that goes to another process, is tried some times more. */
const MAX_COUNTED = 10_000;
/** What one process had taken when it was killed comes in batches again. What was taken twice in vain may have killed it, and comes alone. */
const MAX_BATCHED_DELIVERIES = 2;

/** Starts pulling. The consumer is created, or brought to these settings; where it is deleted meanwhile, it is made again. */
export async function startPullSubscription(options: PullSubscription): Promise<Subscription> {
  const subscription: Running = { ...options, failures: new LRUCache({ max: MAX_COUNTED }) };
  const { settings, log } = subscription;
  const stopping = new AbortController();
  const first = await openPull(subscription);
  const run = async (): Promise<void> => {
    let pull = first;
    while (!stopping.signal.aborted) {
      const stop = (): void => pull.stop();
      stopping.signal.addEventListener("abort", stop, { once: true });
      await consume(subscription, pull, stopping.signal);
      stopping.signal.removeEventListener("abort", stop);
      while (!stopping.signal.aborted) {
        await pause(RESTART_PAUSE_MS, stopping.signal);
        try {
          pull = await openPull(subscription);
          break;
        } catch (error) {
          log.warn({ err: error, subscription: settings.durable }, "cannot subscribe again yet");
        }
      }
    }
  };
  const running = run();
  return {
    async drain() {
      stopping.abort(new Error("the subscription is being drained"));
      await running;
      await subscription.connection.flush().catch(() => undefined);
    },
  };
}

interface Pull {
  /** The next messages, at most `limit`, as soon as there is one; none where the pull has ended. */
  take(limit: number): Promise<readonly JsMsg[]>;
  /** These were acknowledged or given back. */
  settled(messages: readonly JsMsg[]): void;
  stop(): void;
}

async function openPull(subscription: PullSubscription): Promise<Pull> {
  const { client, streams, settings } = subscription;
  const stream = streamOf(streams, settings.subjects).name;
  const consumer = await client.consumers.get(stream, await ensureConsumer(subscription, stream));
  const queue = createMessageQueue<JsMsg>();
  const held = settings.ephemeral ? undefined : holdMessages(settings.ackWaitMs);
  const messages = await consumer.consume({
    max_messages: settings.batchSize,
    abort_on_missing_resource: true,
    callback(message) {
      held?.add(message);
      queue.push(message);
    },
  });
  void messages.closed().then(() => queue.end());
  return { take: queue.take, settled: (done) => held?.delete(done), stop: () => messages.stop() };
}

/**
 * Tells the server that what was taken is not lost, be it in the handler or waiting for it, until it is acknowledged or given back. So the
 * server's patience can be short, and what a process held that was killed comes again soon.
 */
function holdMessages(ackWaitMs: number) {
  const held = new Set<JsMsg>();
  let timer: NodeJS.Timeout | undefined;
  return {
    add(message: JsMsg): void {
      held.add(message);
      timer ??= setInterval(() => held.forEach((each) => each.working()), ackWaitMs / 3);
    },
    delete(messages: readonly JsMsg[]): void {
      for (const message of messages) held.delete(message);
      if (held.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
}

/** Answers the consumer's name. */
async function ensureConsumer({ connection, manager, settings }: PullSubscription, stream: string): Promise<string> {
  const config: Partial<ConsumerConfig> = {
    ...filterOf(connection, settings.subjects),
    ...(settings.ephemeral
      ? { ack_policy: AckPolicy.None, deliver_policy: DeliverPolicy.New, inactive_threshold: nanos(EPHEMERAL_INACTIVE_MS), mem_storage: true }
      : {
          ack_policy: AckPolicy.Explicit,
          ack_wait: nanos(settings.ackWaitMs),
          max_ack_pending: Math.max(MIN_ACK_PENDING, settings.batchSize * 4),
          // Attempts are counted here, so that the dead letter is written before the server gives up.
          max_deliver: -1,
        }),
  };
  if (settings.ephemeral) {
    return (await manager.consumers.add(stream, config)).name;
  }
  try {
    await manager.consumers.info(stream, settings.durable);
    await manager.consumers.update(stream, settings.durable, config);
  } catch (error) {
    if (!(error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound)) {
      throw error;
    }
    await manager.consumers.add(stream, { ...config, durable_name: settings.durable, deliver_policy: DeliverPolicy.All });
  }
  return settings.durable;
}

/** Servers before 2.10 filter by one subject only: there several are left to `consume`. */
function filterOf(connection: NatsConnection, subjects: readonly string[]): Partial<ConsumerConfig> {
  const [first] = subjects;
  if (subjects.length === 1 && first !== undefined) {
    return { filter_subject: first };
  }
  const [major = 0, minor = 0] = (connection.info?.version ?? "").split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 10) ? { filter_subjects: [...subjects] } : {};
}

/**
 * Handles what the pull yields until it ends; gives back what it has taken but not handled. What was on its way to us in that
 * very moment comes again after `ackWaitMs`.
 */
async function consume(subscription: Running, pull: Pull, signal: AbortSignal): Promise<void> {
  const { settings } = subscription;
  for (;;) {
    const taken = await pull.take(settings.batchSize);
    if (taken.length === 0) {
      return;
    }
    if (signal.aborted) taken.forEach((message) => settings.ephemeral || message.nak());
    else await handleTaken(subscription, taken, signal);
    pull.settled(taken);
  }
}

/** Each is acknowledged or given back in the end. What failed before does not get to spoil a batch of others again. */
async function handleTaken(subscription: Running, taken: readonly JsMsg[], signal: AbortSignal): Promise<void> {
  const { subjects, ephemeral } = subscription.settings;
  const wanted = taken.filter((message) => subjects.some((subject) => subjectMatches(subject, message.subject)));
  taken.filter((message) => !wanted.includes(message)).forEach((message) => ephemeral || message.ack());
  if (ephemeral) {
    await handleOnce(subscription, wanted, signal);
    return;
  }
  const suspects = wanted.filter(({ seq, info }) => subscription.failures.has(seq) || info.deliveryCount > MAX_BATCHED_DELIVERIES);
  await handleBatch(subscription, wanted.filter((message) => !suspects.includes(message)), signal);
  for (const message of suspects) {
    await handleAlone(subscription, message, signal);
  }
}

async function handleOnce({ settings, handler, log }: PullSubscription, messages: readonly JsMsg[], signal: AbortSignal): Promise<void> {
  try {
    if (messages.length > 0) {
      await handler(messages.map(toEvent), signal);
    }
  } catch (error) {
    log.warn({ err: error, subscription: settings.durable, events: messages.length }, "an ephemeral subscription lost events");
  }
}

async function handleBatch(subscription: Running, messages: readonly JsMsg[], signal: AbortSignal): Promise<void> {
  const { settings, log } = subscription;
  const [only] = messages;
  if (only === undefined) {
    return;
  }
  if (messages.length === 1) {
    await handleAlone(subscription, only, signal);
    return;
  }
  try {
    await runHandler(subscription, messages, signal);
    messages.forEach((message) => message.ack());
  } catch (error) {
    log.warn({ err: error, subscription: settings.durable, events: messages.length }, "a batch of events failed; handling them one by one");
    for (const message of messages) {
      await handleAlone(subscription, message, signal);
    }
  }
}

async function handleAlone(subscription: Running, message: JsMsg, signal: AbortSignal): Promise<void> {
  const { settings, publish, failures, log } = subscription;
  if (signal.aborted) {
    message.nak();
    return;
  }
  const event = toEvent(message);
  const failed = (failures.get(message.seq) ?? 0) + 1;
  try {
    await runHandler(subscription, [message], signal);
    message.ack();
    failures.delete(message.seq);
  } catch (error) {
    if (signal.aborted) {
      message.nak();
    } else if (failed < settings.maxAttempts) {
      failures.set(message.seq, failed);
      message.nak(backoffAfter(settings, failed));
    } else {
      log.error({ err: error, subscription: settings.durable, eventId: event.id, subject: event.subject }, "an event failed for good");
      try {
        await publish([deadLetter(event, settings.durable, error)]);
        message.ack();
        failures.delete(message.seq);
      } catch (failure) {
        log.error({ err: failure, subscription: settings.durable }, "cannot write a dead letter; the event is delivered again");
        message.nak(backoffAfter(settings, failed));
      }
    }
  }
}

async function runHandler({ settings, handler, log }: PullSubscription, messages: readonly JsMsg[], signal: AbortSignal): Promise<void> {
  await handleUntilDecided(handler, messages.map(toEvent), signal, (error, pauseMs) =>
    log.warn({ err: error, subscription: settings.durable, pauseMs }, "events wait for what their handler needs"),
  );
}
