import { fromBinary, type DescMessage, type Message, type MessageShape, type Registry } from "@bufbuild/protobuf";
import type { EventMessage } from "../events/event-bus.ts";

type Encoded = Pick<EventMessage, "subject" | "data">;

/**
 * Reads the payload of an event. With one message type it throws where the subject names another; with a registry it
 * answers undefined for a subject that the registry does not know, so that a consumer may skip news it has no use for.
 * Throws on a payload that cannot be read: the bus then treats the event as poison.
 */
export function decodeEvent<Desc extends DescMessage>(desc: Desc, event: Encoded): MessageShape<Desc>;
export function decodeEvent(registry: Registry, event: Encoded): Message | undefined;
export function decodeEvent(source: DescMessage | Registry, event: Encoded): Message | undefined {
  if (source.kind === "message") {
    if (source.typeName !== event.subject) throw new Error(`expected the event ${source.typeName}, but got ${event.subject}`);
    return fromBinary(source, event.data);
  }
  const desc = source.getMessage(event.subject);
  return desc === undefined ? undefined : fromBinary(desc, event.data);
}
