import { toBinary, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { v7 as uuidv7 } from "uuid";
import { currentTrace, formatTraceparent } from "../telemetry/trace.ts";

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
}

/** Builds the outbox row of an event. */
export function outboxRow<Desc extends DescMessage>(desc: Desc, message: MessageShape<Desc>, options: OutboxRowOptions): OutboxRow {
  const trace = currentTrace();
  return {
    eventId: uuidv7(),
    subject: desc.typeName,
    aggregateKey: options.aggregateKey,
    payload: toBinary(desc, message),
    headers: trace === undefined ? { ...options.headers } : { traceparent: formatTraceparent(trace), ...options.headers },
  };
}
