import { create, fromJson, protoInt64, ScalarType } from "@bufbuild/protobuf";
import type { DescEnum, DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { FieldMaskSchema, isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { isCalendarTime } from "./strict-json.ts";

/** Turns decoded text from a path or a query into a field's local value (a list's element); undefined when it is invalid. */
export type TextReader = (text: string) => unknown;

const readers = new WeakMap<DescField, { readonly read: TextReader | undefined }>();

/**
 * Returns the reader for a field, or undefined when the field has no text form: maps and messages other than wrappers, Timestamp,
 * Duration and FieldMask.
 */
export function textReaderOf(field: DescField): TextReader | undefined {
  let entry = readers.get(field);
  if (entry === undefined) {
    entry = { read: createReader(field) };
    readers.set(field, entry);
  }
  return entry.read;
}

function createReader(field: DescField): TextReader | undefined {
  if (field.fieldKind === "map") {
    return undefined;
  }
  if (field.scalar !== undefined) {
    return scalarReader(field.scalar, field.longAsString);
  }
  if (field.enum !== undefined) {
    return enumReader(field.enum);
  }
  const bare = field.fieldKind === "message" && field.oneof === undefined;
  return messageReader(field.message, bare);
}

function messageReader(message: DescMessage, bare: boolean): TextReader | undefined {
  if (isWrapperDesc(message)) {
    const value = message.fields[0];
    const read = value && textReaderOf(value);
    if (value === undefined || read === undefined || bare) {
      return read;
    }
    return (text) => {
      const local = read(text);
      return local === undefined ? undefined : Object.assign(create(message), { [value.localName]: local });
    };
  }
  switch (message.typeName) {
    case "google.protobuf.Timestamp":
      return (text) => tryOrUndefined(() => (isCalendarTime(text) ? fromJson(message, text) : undefined));
    case "google.protobuf.Duration":
      return (text) => tryOrUndefined(() => fromJson(message, text));
    case "google.protobuf.FieldMask":
      return readFieldMask;
    default:
      return undefined;
  }
}

function tryOrUndefined<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

/** Accepts paths in lowerCamelCase, the JSON form, and in proto names, which is what people type. */
function readFieldMask(text: string): Message | undefined {
  const paths = text === "" ? [] : text.split(",");
  if (!paths.every((path) => /^[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*$/.test(path))) {
    return undefined;
  }
  return create(FieldMaskSchema, {
    paths: paths.map((path) => (path.includes("_") ? path : path.replace(/[A-Z]/g, (char) => `_${char.toLowerCase()}`))),
  });
}

function enumReader(desc: DescEnum): TextReader {
  const numbers = new Map<string, number>();
  for (const value of desc.values) {
    numbers.set(value.name, value.number);
    numbers.set(value.jsonName, value.number);
  }
  const readNumber = integerReader(-0x80000000, 0x7fffffff);
  return (text) => {
    const number = numbers.get(text) ?? readNumber(text);
    return number === undefined || desc.open || desc.value[number] !== undefined ? number : undefined;
  };
}

function integerReader(min: number, max: number): (text: string) => number | undefined {
  return (text) => {
    if (!isDecimalInteger(text) || text.length > 12) {
      return undefined;
    }
    const value = Number(text);
    return value >= min && value <= max ? value : undefined;
  };
}

function isDecimalInteger(text: string): boolean {
  return /^-?(?:0|[1-9][0-9]*)$/.test(text);
}

function longReader(unsigned: boolean, asString: boolean): TextReader {
  const min = unsigned ? 0n : -(2n ** 63n);
  const max = unsigned ? 2n ** 64n - 1n : 2n ** 63n - 1n;
  return (text) => {
    if (!isDecimalInteger(text) || text.length > 20) {
      return undefined;
    }
    const value = BigInt(text);
    if (value < min || value > max) {
      return undefined;
    }
    if (asString) {
      return value.toString();
    }
    return unsigned ? protoInt64.uParse(text) : protoInt64.parse(text);
  };
}

const floatMax = 3.4028234663852886e38;

function floatReader(max: number): TextReader {
  return (text) => {
    if (text === "NaN" || text === "Infinity" || text === "-Infinity") {
      return Number(text);
    }
    if (!/^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(text)) {
      return undefined;
    }
    const value = Number(text);
    return Math.abs(value) <= max ? value : undefined;
  };
}

function scalarReader(scalar: ScalarType, longAsString: boolean): TextReader {
  switch (scalar) {
    case ScalarType.STRING:
      return (text) => text;
    case ScalarType.BOOL:
      return (text) => (text === "true" ? true : text === "false" ? false : undefined);
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return integerReader(-0x80000000, 0x7fffffff);
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return integerReader(0, 0xffffffff);
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return longReader(false, longAsString);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return longReader(true, longAsString);
    case ScalarType.FLOAT:
      return floatReader(floatMax);
    case ScalarType.DOUBLE:
      return floatReader(Number.MAX_VALUE);
    case ScalarType.BYTES:
      return (text) => (/^[A-Za-z0-9+/_-]*={0,2}$/.test(text) ? tryOrUndefined(() => base64Decode(text)) : undefined);
  }
}
