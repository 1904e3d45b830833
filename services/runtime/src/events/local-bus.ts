import type { Logger } from "pino";
import { createMutex } from "../database/mutex.ts";
import { type SubscribeSettings, backoffAfter, deadLetter, handleUntilDecided, pause, validateSubscribeOptions } from "./delivery.ts";
import type { EventBus, EventHandler, EventMessage, ReceivedEvent, Subscription } from "./event-bus.ts";
import { subjectMatches } from "./subjects.ts";

export interface LocalBusOptions {
  readonly log: Logger;
}

/** Shorter than JetStream's: `publish`, and with it the outbox, waits for the attempts. */
const DEFAULT_BACKOFF_MS: readonly number[] = [10, 50, 200, 500];

/** A publication that waits for a slow handler gives up after this long; the outbox will publish again. */
const HANDLER_QUEUE_TIMEOUT_MS = 60_000;

/** Subscriptions of one durable name: they share its events. */
interface Group {
  /** What the newest of them asked for. */
  subjects: readonly string[];
  readonly members: Member[];
  next: number;
}

interface Member {
  readonly settings: SubscribeSettings;
  deliver(events: readonly EventMessage[]): Promise<void>;
}

/**
 * The bus of the embedded profile. Nothing is kept: `publish` resolves once every durable subscription has handled the
 * events (or given them to the dead letters) and rejects otherwise, so that the outbox, which is durable, publishes again.
 * After a durable subscription has been drained `publish` rejects what it should have had, so stop the publisher first,
 * and start it last.
 */
export function createLocalBus({ log }: LocalBusOptions): EventBus {
  const groups = new Map<string, Group>();
  const ephemeral = new Set<Member>();
  const subscriptions = new Set<Subscription>();
  let closed = false;

  async function publish(events: readonly EventMessage[]): Promise<void> {
    if (closed) {
      throw new Error("the event bus is closed");
    }
    const deliveries: Promise<void>[] = [];
    for (const [durable, group] of groups) {
      const wanted = events.filter((event) => matches(group.subjects, event));
      const member = group.members[group.next++ % Math.max(group.members.length, 1)];
      if (wanted.length > 0) {
        deliveries.push(member?.deliver(wanted) ?? Promise.reject(new Error(`the subscription ${durable} has been drained`)));
      }
    }
    for (const member of ephemeral) {
      const wanted = events.filter((event) => matches(member.settings.subjects, event));
      if (wanted.length > 0) {
        deliveries.push(member.deliver(wanted));
      }
    }
    const failed = (await Promise.allSettled(deliveries)).find((outcome) => outcome.status === "rejected");
    if (failed?.status === "rejected") {
      throw failed.reason;
    }
  }

  return {
    publish,
    async subscribe(options, handler) {
      if (closed) {
        throw new Error("the event bus is closed");
      }
      const settings = validateSubscribeOptions(options, DEFAULT_BACKOFF_MS);
      const stopping = new AbortController();
      const mutex = createMutex();
      const deliver = settings.ephemeral ? deliverOnce : deliverReliably;
      const member: Member = {
        settings,
        deliver: (events) =>
          mutex.run(() => deliver({ settings, handler, events, signal: stopping.signal, publish, log }), HANDLER_QUEUE_TIMEOUT_MS),
      };
      const group = settings.ephemeral ? undefined : groupOf(groups, settings);
      group?.members.push(member);
      if (settings.ephemeral) {
        ephemeral.add(member);
      }
      const subscription: Subscription = {
        async drain() {
          if (subscriptions.delete(subscription)) {
            ephemeral.delete(member);
            group?.members.splice(group.members.indexOf(member), 1);
            stopping.abort(new Error("the subscription is being drained"));
            await mutex.idle();
          }
        },
      };
      subscriptions.add(subscription);
      return subscription;
    },
    async ping() {
      if (closed) {
        throw new Error("the event bus is closed");
      }
    },
    async close() {
      closed = true;
      await Promise.all([...subscriptions].map((subscription) => subscription.drain()));
    },
  };
}

function groupOf(groups: Map<string, Group>, { durable, subjects }: SubscribeSettings): Group {
  const group = groups.get(durable) ?? { subjects, members: [], next: 0 };
  group.subjects = subjects;
  groups.set(durable, group);
  return group;
}

function matches(subjects: readonly string[], event: EventMessage): boolean {
  return subjects.some((pattern) => subjectMatches(pattern, event.subject));
}

interface Delivery {
  readonly settings: SubscribeSettings;
  readonly handler: EventHandler;
  readonly events: readonly EventMessage[];
  readonly signal: AbortSignal;
  readonly publish: (events: readonly EventMessage[]) => Promise<void>;
  readonly log: Logger;
}

/** For ephemeral subscriptions: a handler that throws loses the batch. */
async function deliverOnce({ settings, handler, events, signal, log }: Delivery): Promise<void> {
  for (const batch of batches(events, settings.batchSize)) {
    try {
      await handler(batch, signal);
    } catch (error) {
      log.warn({ err: error, subscription: settings.durable }, "an ephemeral subscription lost events");
    }
  }
}

/** Whole batches first; the events of a batch that fails alone, again and again, and at last to the dead letters. */
async function deliverReliably(delivery: Delivery): Promise<void> {
  const { settings, handler, events, signal, log } = delivery;
  const onTransient = (error: unknown, pauseMs: number): void =>
    log.warn({ err: error, subscription: settings.durable, pauseMs }, "events wait for what their handler needs");
  for (const batch of batches(events, settings.batchSize)) {
    signal.throwIfAborted();
    try {
      await handleUntilDecided(handler, batch, signal, onTransient);
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: error, subscription: settings.durable, events: batch.length }, "a batch of events failed; handling them one by one");
      for (const event of batch) {
        await deliverAlone(delivery, event, onTransient);
      }
    }
  }
}

async function deliverAlone({ settings, handler, signal, publish, log }: Delivery, event: ReceivedEvent, onTransient: (error: unknown, pauseMs: number) => void): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      await handleUntilDecided(handler, [{ ...event, attempt }], signal, onTransient);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (attempt >= settings.maxAttempts) {
        log.error({ err: error, subscription: settings.durable, eventId: event.id, subject: event.subject }, "an event failed for good");
        await publish([deadLetter(event, settings.durable, error)]);
        return;
      }
      await pause(backoffAfter(settings, attempt), signal);
    }
  }
}

function* batches(events: readonly EventMessage[], size: number): Generator<readonly ReceivedEvent[]> {
  for (let start = 0; start < events.length; start += size) {
    yield events.slice(start, start + size).map((event) => ({ ...event, attempt: 1 }));
  }
}
