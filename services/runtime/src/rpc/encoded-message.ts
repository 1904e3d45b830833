import { toBinary, type DescMessage, type Message } from "@bufbuild/protobuf";

/** A property, because a WeakMap costs a microsecond per call, most of it in the garbage collector. */
const encoding = Symbol("encoding");

type Encoded = Message & { [encoding]?: Uint8Array };

/**
 * Remembers the binary form of an answer that its handler has at hand, for example because it is kept for repeated calls, so
 * that it is not encoded again. The message must not be changed any more.
 */
export function rememberEncoding<M extends Message>(message: M, bytes: Uint8Array): M {
  (message as Encoded)[encoding] = bytes;
  return message;
}

/** A message in binary form. */
export function encodeMessage(desc: DescMessage, message: Message): Buffer {
  const bytes = (message as Encoded)[encoding] ?? toBinary(desc, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
