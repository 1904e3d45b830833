import { ScalarType } from "@bufbuild/protobuf";
import type { DescEnum, DescField } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";

const maxEnumNames = 20;

const scalarSentence: Record<ScalarType, string> = {
  [ScalarType.STRING]: "Must be a string.",
  [ScalarType.BOOL]: "Must be true or false.",
  [ScalarType.BYTES]: "Must be base64.",
  [ScalarType.FLOAT]: "Must be a number in the range of a 32-bit float.",
  [ScalarType.DOUBLE]: "Must be a number.",
  [ScalarType.INT32]: "Must be an integer from -2147483648 to 2147483647.",
  [ScalarType.SINT32]: "Must be an integer from -2147483648 to 2147483647.",
  [ScalarType.SFIXED32]: "Must be an integer from -2147483648 to 2147483647.",
  [ScalarType.UINT32]: "Must be an integer from 0 to 4294967295.",
  [ScalarType.FIXED32]: "Must be an integer from 0 to 4294967295.",
  [ScalarType.INT64]: "Must be a 64-bit integer.",
  [ScalarType.SINT64]: "Must be a 64-bit integer.",
  [ScalarType.SFIXED64]: "Must be a 64-bit integer.",
  [ScalarType.UINT64]: "Must be an unsigned 64-bit integer.",
  [ScalarType.FIXED64]: "Must be an unsigned 64-bit integer.",
};

const messageSentence: Readonly<Record<string, string>> = {
  "google.protobuf.Timestamp": "Must be an RFC 3339 time such as 2026-01-31T12:00:00Z.",
  "google.protobuf.Duration": "Must be a duration in seconds such as 1.5s.",
  "google.protobuf.FieldMask": "Must be field paths separated by commas.",
  "google.protobuf.Any": 'Must be an object whose "@type" names a known message, with that message\'s fields.',
  "google.protobuf.Struct": "Must be an object.",
  "google.protobuf.ListValue": "Must be an array.",
};

/** Says in one sentence what a field (an element, for a list) accepts. */
export function expectationOf(field: DescField): string {
  if (field.scalar !== undefined) {
    return scalarSentence[field.scalar];
  }
  if (field.enum !== undefined) {
    return enumSentence(field.enum);
  }
  if (field.message === undefined) {
    return "Must be an object.";
  }
  const inner = isWrapperDesc(field.message) ? field.message.fields[0] : undefined;
  return inner ? expectationOf(inner) : (messageSentence[field.message.typeName] ?? "Must be an object.");
}

function enumSentence(desc: DescEnum): string {
  const names = desc.values.slice(0, maxEnumNames).map((value) => value.jsonName);
  return `Must be one of ${names.join(", ")}${desc.values.length > maxEnumNames ? ", …" : ""}.`;
}
