/** Events on their way from a transaction to the bus, and back into messages on the other side. */
export { decodeEvent } from "./decode-event.ts";
export { encodedOutboxRow, outboxRow, traceHeaders, type OutboxRow, type OutboxRowOptions } from "./outbox-row.ts";
