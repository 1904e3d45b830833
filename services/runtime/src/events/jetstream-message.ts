import type { JsMsg } from "@nats-io/jetstream";
import { type MsgHdrs, headers } from "@nats-io/nats-core";
import type { ReceivedEvent } from "./event-bus.ts";

const ID_HEADER = "Nats-Msg-Id";

/** Our headers as NATS has them; the event's id travels as Nats-Msg-Id. */
export function natsHeaders(values: Readonly<Record<string, string>>): MsgHdrs {
  const result = headers();
  for (const [name, value] of Object.entries(values)) {
    result.set(name, value);
  }
  return result;
}

/** The event in a message that JetStream delivered. One that came without an id gets its place in the stream for one. */
export function toEvent(message: JsMsg): ReceivedEvent {
  const values: Record<string, string> = {};
  for (const name of message.headers?.keys() ?? []) {
    if (!name.startsWith("Nats-")) {
      values[name.toLowerCase()] = message.headers?.get(name) ?? "";
    }
  }
  const id = message.headers?.get(ID_HEADER);
  return {
    id: id === undefined || id === "" ? `${message.info.stream}/${message.seq}` : id,
    subject: message.subject,
    data: message.data,
    headers: values,
    attempt: message.info.deliveryCount,
  };
}
