import { toBinary, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { newId } from "../ids/index.ts";
import { currentTrace, formatTraceparent, type TraceContext } from "../telemetry/trace.ts";

/** What a store inserts into its outbox, in the transaction of the change that the event tells of. */
export interface OutboxRow {
  /** UUIDv7, made here: the consumers' inbox and JetStream's duplicate window go by it. */
  readonly eventId: string;
  /** The full name of the payload's message type. */
  readonly subject: string;
  readonly aggregateKey: string;
  /** The message in binary form. */
  readonly payload: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a row says beyond its message. */
export interface OutboxRowOptions {
  /** The thing that the event is about, for example the order id: events of one key stay in order. */
  readonly aggregateKey: string;
  /** Further headers, names in lower case. The trace of the current call is added where there is one. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The trace that the event belongs to, where a batch of several calls' work is written. Default: the current one. */
  readonly trace?: TraceContext | undefined;
}

/** Builds the outbox row of an event. */
export function outboxRow<Desc extends DescMessage>(desc: Desc, message: MessageShape<Desc>, options: OutboxRowOptions): OutboxRow {
  return encodedOutboxRow(desc, toBinary(desc, message), options);
}

/** As `outboxRow`, where the event's binary form is at hand. */
export function encodedOutboxRow(desc: DescMessage, payload: Uint8Array, options: OutboxRowOptions): OutboxRow {
  const { aggregateKey, headers, trace = currentTrace() } = options;
  return {
    eventId: newId(),
    subject: desc.typeName,
    aggregateKey,
    payload,
    headers: { ...traceHeaders(trace), ...headers },
  };
}

/** The headers that tell to which trace an event belongs. */
export function traceHeaders(trace: TraceContext | undefined): Readonly<Record<string, string>> {
  return trace === undefined ? {} : { traceparent: formatTraceparent(trace) };
}
