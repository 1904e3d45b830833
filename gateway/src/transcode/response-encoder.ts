import { create, toJson } from "@bufbuild/protobuf";
import type { DescField, DescMessage, JsonWriteOptions, Message, Registry } from "@bufbuild/protobuf";
import { httpBodyTypeName } from "./body-decoder.ts";
import { hasOwnJson, readField } from "./field-access.ts";
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
  const toValue = field === undefined ? (message: Message) => toJson(output, message, options) : fieldToJson(output, field, options);
  return { raw: false, encode: (message) => ({ contentType: jsonContentType, body: JSON.stringify(toValue(message)) }) };
}

/** A field that is not set has a body all the same: null for what has presence, the default for the rest. */
function fieldToJson(output: DescMessage, field: DescField, options: Partial<JsonWriteOptions>): (message: Message) => unknown {
  if (field.fieldKind === "message" && !hasOwnJson(field.message)) {
    return (message) => {
      const value = readField(message, [field]) as Message | undefined;
      return value === undefined ? null : toJson(field.message, value, options);
    };
  }
  return (message) => {
    const json = toJson(output, message, options) as Record<string, unknown>;
    if (json[field.jsonName] !== undefined) {
      return json[field.jsonName];
    }
    const full = toJson(output, create(output), { ...options, alwaysEmitImplicit: true }) as Record<string, unknown>;
    return full[field.jsonName] ?? null;
  };
}

function encodeHttpBody(message: Message | undefined): EncodedMessage {
  const { contentType, data } = (message ?? {}) as Partial<Record<"contentType" | "data", unknown>>;
  return {
    contentType: typeof contentType === "string" && contentType !== "" ? contentType : "application/octet-stream",
    body: data instanceof Uint8Array ? data : new Uint8Array(),
  };
}
