import { toJson } from "@bufbuild/protobuf";
import type { DescField, DescMessage, Message, Registry } from "@bufbuild/protobuf";
import { httpBodyTypeName } from "./body-decoder.ts";
import { readField } from "./field-access.ts";
import type { HttpBinding } from "./http-rule.ts";

/** An encoded answer. */
export interface EncodedMessage {
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

/** How response messages become bodies. */
export interface ResponseEncoder {
  /** Whether messages are google.api.HttpBody, whose bytes are sent as they are. */
  readonly raw: boolean;
  readonly encode: (message: Message) => EncodedMessage;
}

/** Content type of every JSON answer. */
export const jsonContentType = "application/json";

/**
 * Creates the encoder of a binding: proto JSON in lowerCamelCase, the response_body field alone when the rule names one, or
 * the bytes of an HttpBody. `emitDefaults` also writes fields that hold their default and have no presence.
 */
export function createResponseEncoder(binding: HttpBinding, registry: Registry, emitDefaults: boolean): ResponseEncoder {
  const { output } = binding.method;
  const field = binding.responseBody;
  if (output.typeName === httpBodyTypeName && field === undefined) {
    return { raw: true, encode: encodeHttpBody };
  }
  if (field?.fieldKind === "message" && field.message.typeName === httpBodyTypeName) {
    return { raw: true, encode: (message) => encodeHttpBody(readField(message, [field]) as Message | undefined) };
  }
  const options = { registry, alwaysEmitImplicit: emitDefaults };
  const encode =
    field === undefined
      ? (message: Message) => JSON.stringify(toJson(output, message, options))
      : (message: Message) => JSON.stringify(fieldToJson(output, field, message, { ...options, alwaysEmitImplicit: true }));
  return { raw: false, encode: (message) => ({ contentType: jsonContentType, body: encode(message) }) };
}

function fieldToJson(
  output: DescMessage,
  field: DescField,
  message: Message,
  options: { registry: Registry; alwaysEmitImplicit: boolean },
): unknown {
  const json = toJson(output, message, options);
  return (json as Record<string, unknown>)[field.jsonName] ?? null;
}

function encodeHttpBody(message: Message | undefined): EncodedMessage {
  const { contentType, data } = (message ?? {}) as Partial<Record<"contentType" | "data", unknown>>;
  return {
    contentType: typeof contentType === "string" && contentType !== "" ? contentType : "application/octet-stream",
    body: data instanceof Uint8Array ? data : new Uint8Array(),
  };
}
