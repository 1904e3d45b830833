import { isUtf8 } from "node:buffer";
import { create } from "@bufbuild/protobuf";
import type { DescMessage, JsonValue, Message, Registry } from "@bufbuild/protobuf";
import { writeField } from "./field-access.ts";
import type { BodyMapping, HttpBinding } from "./http-rule.ts";
import { findJsonFaults } from "./json-faults.ts";
import { isJsonContentType } from "./media-type.ts";
import { hasRepeatedMember } from "./repeated-member.ts";
import { decodeStrictly } from "./strict-json.ts";
import { invalidInput, TranscodeError } from "./transcode-error.ts";

/** Full name of the message whose `data` travels as the raw body. */
export const httpBodyTypeName = "google.api.HttpBody";

/**
 * Makes the request message out of a body; an empty body makes an empty message. Throws TranscodeError: 415 for a content type that
 * the binding does not take, 400 with violations for content that does not fit.
 */
export type BodyDecoder = (body: Uint8Array | undefined, contentType: string | undefined) => Message;

/** Creates the body decoder of a binding. Any's types are looked up in `registry`. */
export function createBodyDecoder(binding: HttpBinding, registry: Registry): BodyDecoder {
  const { input } = binding.method;
  const { body } = binding;
  if (body.kind === "none") {
    return (bytes) => {
      refuseBody(bytes);
      return create(input);
    };
  }
  const raw = rawBodyDecoder(input, body);
  if (raw !== undefined) {
    return raw;
  }
  return (bytes, contentType) => {
    if (bytes === undefined || bytes.length === 0) {
      return create(input);
    }
    if (!isJsonContentType(contentType)) {
      throw new TranscodeError("UNSUPPORTED_MEDIA_TYPE", "The body must be application/json in UTF-8.", {
        headers: { accept: "application/json" },
      });
    }
    const json = parseJson(bytes);
    return decodeJson(input, body.kind === "field" ? { [body.field.jsonName]: json } : json, registry);
  };
}

/** `{}` counts as no body: some clients send it with every POST. */
function refuseBody(bytes: Uint8Array | undefined): void {
  if (bytes === undefined || bytes.length === 0) {
    return;
  }
  const text = bytes.length <= 16 ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1").trim() : "";
  if (text !== "{}") {
    throw invalidInput({ field: "", description: "This method takes no body.", reason: "UNEXPECTED_BODY" });
  }
}

function rawBodyDecoder(input: DescMessage, body: BodyMapping): BodyDecoder | undefined {
  const field = body.kind === "field" ? body.field : undefined;
  const desc = body.kind === "all" ? input : field?.fieldKind === "message" ? field.message : undefined;
  if (desc?.typeName !== httpBodyTypeName) {
    return undefined;
  }
  return (bytes, contentType) => {
    const httpBody = Object.assign(create(desc), { contentType: contentType ?? "", data: bytes ?? new Uint8Array() });
    if (field === undefined) {
      return httpBody;
    }
    const message = create(input);
    writeField(message, [field], httpBody);
    return message;
  };
}

function malformed(description: string): TranscodeError {
  return invalidInput({ field: "", description, reason: "MALFORMED_JSON" });
}

function parseJson(bytes: Uint8Array): JsonValue {
  if (!isUtf8(bytes)) {
    throw malformed("The body is not UTF-8.");
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  let json: JsonValue;
  try {
    json = JSON.parse(text) as JsonValue;
  } catch {
    throw malformed("The body is not JSON.");
  }
  if (hasRepeatedMember(text, json)) {
    throw malformed("An object in the body names a member twice.");
  }
  return json;
}

function decodeJson(input: DescMessage, json: JsonValue, registry: Registry): Message {
  try {
    return decodeStrictly(input, json, registry);
  } catch {
    const faults = findJsonFaults(input, json, registry);
    throw faults.length > 0
      ? invalidInput(...faults)
      : invalidInput({ field: "", description: `The body is not a valid ${input.typeName}.`, reason: "INVALID_VALUE" });
  }
}
