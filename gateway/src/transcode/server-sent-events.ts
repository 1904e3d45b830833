import type { PumpOutcome, StreamPump } from "./stream-pump.ts";

/** One event. Absent parts are left out. */
export interface ServerSentEvent {
  /** What the browser sends back as `last-event-id` when it reconnects. */
  readonly id?: string | undefined;
  /** Name for addEventListener; "message" when absent. */
  readonly event?: string | undefined;
  /** Any text; each line becomes a `data:` line. */
  readonly data: string;
}

/** Content type of a stream of events. */
export const eventStreamContentType = "text/event-stream";

function clean(text: string): string {
  return text.replace(/[\r\n\0]/g, "");
}

/** Writes an event in the format of the HTML standard. Line breaks and NUL in `id` and `event` are dropped, as they end the field. */
export function formatEvent(event: ServerSentEvent): string {
  const id = event.id === undefined ? "" : `id: ${clean(event.id)}\n`;
  const name = event.event === undefined ? "" : `event: ${clean(event.event)}\n`;
  return `${id}${name}data: ${event.data.replace(/\r\n|\r|\n/g, "\ndata: ")}\n\n`;
}

/** How a stream becomes text. */
export interface EventStreamOptions<T> {
  /** Milliseconds of silence after which a comment is sent, so that proxies keep the connection and dead peers are noticed. */
  readonly heartbeatIntervalMs: number;
  /** Makes the event of the n-th message, counted from 1. */
  readonly eventOf: (message: T, count: number) => ServerSentEvent;
  /** Makes the data of the closing `error` event. */
  readonly renderFailure: (error: unknown) => string;
}

/**
 * Writes a stream as server-sent events: a comment at once so that headers leave, one event per message, `event: end` when the
 * stream ends well, `event: error` when it fails, and nothing more once the client has gone. It pulls only when it is pulled, so
 * back-pressure reaches the source.
 *
 * @param first what the pump has already delivered.
 */
export async function* writeEventStream<T>(
  pump: StreamPump<T>,
  first: PumpOutcome<T>,
  options: EventStreamOptions<T>,
): AsyncGenerator<string, void, undefined> {
  let count = 0;
  try {
    yield ": open\n\n";
    let outcome = first;
    for (;;) {
      switch (outcome.kind) {
        case "value":
          count++;
          yield formatEvent(options.eventOf(outcome.value, count));
          break;
        case "timeout":
          if (outcome !== first) {
            yield ": heartbeat\n\n";
          }
          break;
        case "end":
          yield formatEvent({ event: "end", data: "{}" });
          return;
        case "aborted":
          return;
      }
      outcome = await pump.next(options.heartbeatIntervalMs);
    }
  } catch (error) {
    yield formatEvent({ event: "error", data: options.renderFailure(error) });
  } finally {
    pump.close();
  }
}
