import { bytesArray, timestampArray } from "./binary-array.ts";

/**
 * How values cross the wire, in Postgres's text format, the same for every adapter: both hand their raw columns to
 * `createRowDecoder`, so they decode alike by construction.
 */

/** What a driver accepts as a parameter: text, bytes (sent in binary form), or NULL. */
export type WireValue = string | Uint8Array | null;

type Decoder = (text: string) => unknown;

/** Object ids of array types whose elements are decoded; the value is the element's object id. */
const BUILT_IN_ARRAYS: ReadonlyMap<number, number> = new Map([
  [1000, 16], // bool[]
  [1001, 17], // bytea[]
  [1002, 18], // "char"[]
  [1003, 19], // name[]
  [1005, 21], // int2[]
  [1007, 23], // int4[]
  [1009, 25], // text[]
  [1014, 1042], // char(n)[]
  [1015, 1043], // varchar[]
  [1016, 20], // int8[]
  [1021, 700], // float4[]
  [1022, 701], // float8[]
  [1028, 26], // oid[]
  [1115, 1114], // timestamp[]
  [1182, 1082], // date[]
  [1185, 1184], // timestamptz[]
  [1231, 1700], // numeric[]
  [199, 114], // json[]
  [2951, 2950], // uuid[]
  [3807, 3802], // jsonb[]
]);

const DECODERS: ReadonlyMap<number, Decoder> = new Map<number, Decoder>([
  [16, (text) => text === "t"],
  [17, decodeBytes],
  [20, BigInt],
  [21, Number],
  [23, Number],
  [26, Number],
  [700, Number],
  [701, Number],
  [114, JSON.parse],
  [3802, JSON.parse],
  [1184, decodeTimestamp],
]);

/** Object ids below this one are Postgres's own; enums and other types that a migration creates lie above. */
const FIRST_USER_OID = 16_384;

function decodeBytes(text: string): Uint8Array {
  if (!text.startsWith("\\x")) {
    throw new TypeError("bytea must arrive in hex format");
  }
  return new Uint8Array(Buffer.from(text.slice(2), "hex"));
}

const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?$/;

/** Microseconds are cut to the milliseconds that a Date holds. Infinity and years beyond 0001-9999 are refused. */
function decodeTimestamp(text: string): Date {
  const match = TIMESTAMP.exec(text);
  if (match === null) {
    throw new RangeError(`timestamp out of the range of a Date: ${text}`);
  }
  const [, year, month, day, hour, minute, second, fraction, sign, offsetHours, offsetMinutes, offsetSeconds] = match;
  const milliseconds = fraction === undefined ? 0 : Math.trunc(Number(`0.${fraction}`) * 1000 + 1e-6);
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second), milliseconds);
  const offset = Number(offsetHours) * 3600 + Number(offsetMinutes ?? 0) * 60 + Number(offsetSeconds ?? 0);
  return offset === 0 ? date : new Date(date.getTime() - (sign === "-" ? -offset : offset) * 1000);
}

/** One dimension without quotes, as arrays of ids and numbers are. */
const plainArray = /^\{[^{}"\\]*\}$/;

/** Reads an array literal such as `{1,NULL,"a \"b\""}`, nested ones too. */
function decodeArray(text: string, element: Decoder | undefined): unknown[] {
  if (plainArray.test(text)) {
    const items = text === "{}" ? [] : text.slice(1, -1).split(",");
    return items.map((item) => (item === "NULL" ? null : element === undefined ? item : element(item)));
  }
  // An array whose lower bound is not 1 is written `[0:1]={…}`.
  let at = text.startsWith("[") ? text.indexOf("=") + 1 : 0;
  const read = (): unknown[] => {
    const items: unknown[] = [];
    at++; // {
    while (text[at] !== "}") {
      if (text[at] === "{") {
        items.push(read());
      } else if (text[at] === '"') {
        let item = "";
        at++;
        while (text[at] !== '"') {
          if (text[at] === "\\") {
            at++;
          }
          item += text[at];
          at++;
        }
        at++;
        items.push(element === undefined ? item : element(item));
      } else {
        const start = at;
        while (text[at] !== "," && text[at] !== "}") {
          at++;
        }
        const item = text.slice(start, at);
        items.push(item === "NULL" ? null : element === undefined ? item : element(item));
      }
      if (text[at] === ",") {
        at++;
      }
    }
    at++; // }
    return items;
  };
  return read();
}

/** Finds, for a type that a migration created, the object id of its elements; 0 where it is not an array. */
export type ElementTypeLookup = (oid: number) => Promise<number>;

/** The statement behind an `ElementTypeLookup`: `$1` is the type's object id. */
export const ELEMENT_TYPE_SQL = "SELECT typelem::int8 FROM pg_catalog.pg_type WHERE oid = $1::oid AND typcategory = 'A'";

/** Decodes rows in place, given the type of each column. */
export interface RowDecoder {
  decode(rows: unknown[][], columnTypes: readonly number[], lookUp: ElementTypeLookup): Promise<void>;
}

/**
 * A decoder with its own memory of the types that migrations created (enums and arrays of them have no fixed object id):
 * each one is looked up once per database.
 */
export function createRowDecoder(): RowDecoder {
  const known = new Map<number, Decoder | undefined>(DECODERS);
  for (const [array, element] of BUILT_IN_ARRAYS) {
    known.set(array, (text) => decodeArray(text, DECODERS.get(element)));
  }
  return {
    async decode(rows, columnTypes, lookUp) {
      if (rows.length === 0) {
        return;
      }
      for (const oid of columnTypes) {
        if (oid >= FIRST_USER_OID && !known.has(oid)) {
          const element = await lookUp(oid);
          known.set(oid, element === 0 ? undefined : (text) => decodeArray(text, known.get(element)));
        }
      }
      for (const [column, oid] of columnTypes.entries()) {
        const decoder = known.get(oid);
        if (decoder === undefined) {
          continue;
        }
        for (const row of rows) {
          const text = row[column];
          if (typeof text === "string") {
            row[column] = decoder(text);
          }
        }
      }
    },
  };
}

/**
 * Writes a parameter. An array is always a Postgres array and a plain object is JSON; JSON whose top is an array or a
 * scalar must therefore be handed over as text. An array of dates is a `timestamptz[]`, and of bytes a `bytea[]`. Throws a TypeError for what has no SQL form
 * (functions), a RangeError for dates that are none, and in arrays also for those outside of the years 1 to 9999.
 */
export function encodeValue(value: unknown): WireValue {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "bigint":
      return String(value);
    case "boolean":
      return value ? "t" : "f";
    case "undefined":
      return null;
    case "object":
      if (value === null) {
        return null;
      }
      if (value instanceof Uint8Array) {
        return value;
      }
      if (Array.isArray(value)) {
        return encodeArray(value);
      }
      return value instanceof Date ? value.toISOString() : JSON.stringify(value);
    default:
      throw new TypeError(`a ${typeof value} cannot be an SQL parameter`);
  }
}

/** An array of one kind, as columns are, takes a shorter way; byte arrays and times travel in binary form, which is cheaper to make and to read. */
function encodeArray(elements: readonly unknown[]): WireValue {
  const [first] = elements;
  if (first instanceof Uint8Array && elements.every(isBytes)) return bytesArray(elements);
  if (first instanceof Date && elements.every(isDate)) return timestampArray(elements);
  if (typeof first === "string" && elements.every(isString) && !special.test(elements.join(""))) return `{"${elements.join('","')}"}`;
  return arrayText(elements);
}

const isBytes = (element: unknown): element is Uint8Array => element instanceof Uint8Array;
const isDate = (element: unknown): element is Date => element instanceof Date;
const isString = (element: unknown): element is string => typeof element === "string";

/** What an array literal escapes in a string. */
const special = /["\\]/;

/** An array in Postgres's text form: also for a text parameter that the statement itself turns into an array. */
export function arrayText(elements: readonly unknown[]): string {
  return `{${elements.map(encodeElement).join(",")}}`;
}

function encodeElement(value: unknown): string {
  if (typeof value === "string") {
    return quoted(value);
  }
  if (Array.isArray(value)) {
    return arrayText(value);
  }
  if (value instanceof Uint8Array) {
    return `"\\\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")}"`;
  }
  const encoded = encodeValue(value);
  if (encoded === null) {
    return "NULL";
  }
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") {
    return String(encoded);
  }
  return quoted(String(encoded));
}

function quoted(text: string): string {
  return `"${special.test(text) ? text.replaceAll("\\", "\\\\").replaceAll('"', '\\"') : text}"`;
}
