import { fromJson, ScalarType } from "@bufbuild/protobuf";
import type { DescField, DescMessage, JsonValue, Message, Registry } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { hasOwnJson } from "./field-access.ts";

/** Whether numbers and times are written as ProtoJSON writes them. A value of another type is left to `fromJson` to refuse. */
type FormCheck = (json: JsonValue) => boolean;

/**
 * Reads a message as `fromJson` does, and refuses what that takes although it is no number or time: integers such as " ", "0x10" and
 * "+1", which BigInt and Number read as 0, 16 and 1, and days that no calendar has, such as February 30th. Looks before `fromJson`
 * does, since BigInt takes more than linear time for long digits.
 */
export function decodeStrictly(desc: DescMessage, json: JsonValue, registry: Registry): Message {
  if (formCheckOf(desc)?.(json) === false) throw new Error(`the JSON of ${desc.typeName} holds a number or a time out of its form`);
  return fromJson(desc, json, { registry });
}

/** Whether a text names a day and an hour that exist, if `fromJson` takes it as a Timestamp at all. */
export function isCalendarTime(text: string): boolean {
  const [year = 0, month = 0, day = 0, hour = 0] = text.split(/[-T:]/, 4).map(Number);
  return hour < 24 && day <= daysOf(year, month);
}

function daysOf(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** Digits with an optional fraction of zeros and exponent, as ProtoJSON allows; whether the value is whole, `fromJson` has checked. */
const numberForm = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Longest text of a number or a time, in characters; 64 bits have 20 digits. */
const maxTextLength = 64;

const isNumberForm: FormCheck = (json) => typeof json !== "string" || (json.length <= maxTextLength && numberForm.test(json));
const isTimeForm: FormCheck = (json) => typeof json !== "string" || (json.length <= maxTextLength && isCalendarTime(json));

const checks = new WeakMap<DescMessage, { check: FormCheck | undefined }>();

/** The check of a message type, made once per type; undefined where nothing below it needs one. */
function formCheckOf(desc: DescMessage): FormCheck | undefined {
  const known = checks.get(desc);
  if (known !== undefined) return known.check;
  // A type that contains itself meets this entry while its own check is being made.
  const entry: { check: FormCheck | undefined } = { check: (json) => entry.check?.(json) ?? true };
  checks.set(desc, entry);
  entry.check = ownFormCheckOf(desc);
  return entry.check;
}

function ownFormCheckOf(desc: DescMessage): FormCheck | undefined {
  if (desc.typeName === "google.protobuf.Timestamp") return isTimeForm;
  if (isWrapperDesc(desc)) return valueCheckOf(desc.fields[0]);
  if (hasOwnJson(desc)) return undefined;
  const fields = desc.fields.flatMap((field) => {
    const check = fieldCheckOf(field);
    return check === undefined ? [] : [{ names: [...new Set([field.jsonName, field.name])], check }];
  });
  if (fields.length === 0) return undefined;
  return (json) => !isContainer(json) || fields.every(({ names, check }) => names.every((name) => checkMember(json, name, check)));
}

function isContainer(json: JsonValue): json is { readonly [name: string]: JsonValue } {
  return typeof json === "object" && json !== null;
}

function checkMember(json: { readonly [name: string]: JsonValue }, name: string, check: FormCheck): boolean {
  const value = json[name];
  return value === undefined || check(value);
}

function fieldCheckOf(field: DescField): FormCheck | undefined {
  const check = valueCheckOf(field);
  if (check === undefined || field.fieldKind === "scalar" || field.fieldKind === "message") return check;
  return (json) => !isContainer(json) || Object.values(json).every(check);
}

function valueCheckOf(field: DescField | undefined): FormCheck | undefined {
  if (field?.message !== undefined) return formCheckOf(field.message);
  return field?.scalar !== undefined && integers.has(field.scalar) ? isNumberForm : undefined;
}

const integers: ReadonlySet<ScalarType> = new Set([
  ScalarType.INT32,
  ScalarType.SINT32,
  ScalarType.SFIXED32,
  ScalarType.UINT32,
  ScalarType.FIXED32,
  ScalarType.INT64,
  ScalarType.SINT64,
  ScalarType.SFIXED64,
  ScalarType.UINT64,
  ScalarType.FIXED64,
]);
