import { Code, ConnectError } from "@connectrpc/connect";
import { CommitOutcomeUnknownError, isConnectionError } from "../database/errors.ts";
import type { EventHandler, EventMessage, ReceivedEvent, SubscribeOptions } from "./event-bus.ts";

/** SubscribeOptions with every default filled in: nothing below handles `undefined`. */
export type SubscribeSettings = Required<SubscribeOptions>;

const DURABLE = /^[A-Za-z0-9_-]{1,64}$/;

/** Checks the limits and fills the defaults. Throws a RangeError. */
export function validateSubscribeOptions(options: SubscribeOptions, defaultBackoffMs: readonly number[]): SubscribeSettings {
  const settings: SubscribeSettings = { ephemeral: false, batchSize: 256, ackWaitMs: 4_000, maxAttempts: 5, backoffMs: defaultBackoffMs, ...options };
  const { durable, subjects, batchSize, ackWaitMs, maxAttempts, backoffMs } = settings;
  if (!DURABLE.test(durable)) {
    throw new RangeError(`a durable name is 1-64 of [A-Za-z0-9_-], not ${durable}`);
  }
  if (subjects.length === 0 || !inRange(batchSize, 1, 10_000) || !inRange(ackWaitMs, 100, 3_600_000) || !inRange(maxAttempts, 1, 1_000)) {
    throw new RangeError(`subscription ${durable}: subjects, batchSize, ackWaitMs or maxAttempts out of range`);
  }
  if (backoffMs.length === 0 || backoffMs.some((pause) => pause < 0)) {
    throw new RangeError(`subscription ${durable}: backoffMs needs at least one pause`);
  }
  return settings;
}

function inRange(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

/** The pause after this attempt, which counts from 1. */
export function backoffAfter(settings: SubscribeSettings, attempt: number): number {
  return settings.backoffMs[Math.min(attempt, settings.backoffMs.length) - 1] ?? 0;
}

/**
 * Failures that say nothing about the event: the database or another service cannot be reached. They are retried where they
 * are and do not count as attempts, or an outage of seconds would send good events to the dead letters.
 */
function isTransient(error: unknown): boolean {
  return isConnectionError(error) || error instanceof CommitOutcomeUnknownError || (error instanceof ConnectError && error.code === Code.Unavailable);
}

/** Pauses between tries of a handler whose surroundings are down, in milliseconds; the last one repeats. */
const TRANSIENT_BACKOFF_MS: readonly number[] = [50, 100, 250, 500, 1000, 2000];

/** Runs the handler until it succeeds or fails for a reason of its own. Throws that, or the signal's reason. */
export async function handleUntilDecided(
  handler: EventHandler,
  events: readonly ReceivedEvent[],
  signal: AbortSignal,
  onTransient: (error: unknown, pauseMs: number) => void,
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await handler(events, signal);
      return;
    } catch (error) {
      if (!isTransient(error) || signal.aborted) {
        throw error;
      }
      const pauseMs = TRANSIENT_BACKOFF_MS[Math.min(attempt, TRANSIENT_BACKOFF_MS.length - 1)] ?? 0;
      onTransient(error, pauseMs);
      await pause(pauseMs, signal);
    }
  }
}

/** Resolves after the pause, or at once when the signal fires. */
export function pause(pauseMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, pauseMs);
    signal.addEventListener("abort", done);
  });
}

const MAX_ERROR_LENGTH = 1_000;

/** What is published where an event has failed for good: the same payload, and why. */
export function deadLetter(event: ReceivedEvent, durable: string, error: unknown): EventMessage {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    id: `${durable}/${event.id}`,
    subject: `flashdeal.deadletter.${durable}`,
    data: event.data,
    headers: {
      ...event.headers,
      "deadletter-subject": event.subject,
      "deadletter-event-id": event.id,
      // A header is one line of printable text.
      "deadletter-error": text.replaceAll(/[^\x20-\x7e]+/g, " ").slice(0, MAX_ERROR_LENGTH),
    },
  };
}
