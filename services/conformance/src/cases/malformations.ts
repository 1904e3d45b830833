import { clone, getOption, hasOption, ScalarType, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { field as fieldOption, Ignore, type FieldRules } from "@flashdeal/proto/buf/validate/validate_pb";

/** One way to spoil a request. */
export interface Malformation {
  /** What is wrong: `lines[0].quantity below 1`. */
  readonly label: string;
  /** Path of the field that the answer must name, in proto names. */
  readonly field: string;
  /** The spoiled request. */
  readonly request: Message;
  /** False where JSON has no words for it. Default: true. */
  readonly inJson?: boolean;
}

type Spoil = (value: unknown) => unknown;

interface Fault {
  readonly label: string;
  readonly spoil: Spoil;
}

/** A way from the request down to a field, by local names and indexes. */
type Way = readonly (string | number)[];

/** Strings that are looked up or compared and never stored as text: NUL in them is merely a wrong value. */
const opaque = new Set(["email", "password", "refresh_token", "access_token", "payment_token", "page_token", "request_id", "paths"]);

const nul = String.fromCharCode(0);

/** Everything that the contract's own rules forbid, one at a time, derived from the sample's descriptors. */
export function malformationsOf(desc: DescMessage, sample: Message): readonly Malformation[] {
  const found: Malformation[] = [];
  walk(desc, sample, [], "", (way, path, { label, spoil }) => {
    const request = clone(desc, sample as never) as Message;
    replaceAt(request, way, spoil);
    found.push({ label: `${path} ${label}`, field: path, request });
  });
  return found;
}

type Report = (way: Way, path: string, fault: Fault) => void;

function walk(desc: DescMessage, message: Message, way: Way, prefix: string, report: Report): void {
  for (const field of desc.fields) {
    const path = `${prefix}${field.name}`;
    const own = [...way, field.localName];
    const rules = hasOption(field, fieldOption) ? getOption(field, fieldOption) : undefined;
    for (const fault of faultsOf(field, rules)) report(own, path, fault);
    const value = (message as unknown as Record<string, unknown>)[field.localName];
    if (field.fieldKind === "message" && field.message.typeName.startsWith("flashdeal.") && value !== undefined && rules?.ignore !== Ignore.ALWAYS) {
      walk(field.message, value as Message, own, `${path}.`, report);
    }
    if (field.fieldKind === "list" && Array.isArray(value) && value.length > 0) {
      walkList(field, rules, value, own, path, report);
    }
  }
}

function walkList(field: DescField & { fieldKind: "list" }, rules: FieldRules | undefined, list: readonly unknown[], way: Way, path: string, report: Report): void {
  if (field.listKind === "message") walk(field.message, list[0] as Message, [...way, 0], `${path}[0].`, report);
  const items = rules?.type.case === "repeated" ? rules.type.value.items : undefined;
  if (field.listKind === "scalar" && field.scalar === ScalarType.STRING) {
    for (const fault of stringFaults(field.name, items)) report([...way, 0], `${path}[0]`, fault);
  }
}

function faultsOf(field: DescField, rules: FieldRules | undefined): readonly Fault[] {
  const faults: Fault[] = [];
  if (rules?.required === true) faults.push({ label: "missing", spoil: () => emptyOf(field) });
  if (field.fieldKind === "scalar" && field.scalar === ScalarType.STRING) faults.push(...stringFaults(field.name, rules));
  if (rules?.type.case === "int32" || rules?.type.case === "int64") {
    const { lessThan, greaterThan } = rules.type.value;
    const isBig = rules.type.case === "int64";
    const number = (value: number | bigint, more: number): unknown => (isBig ? BigInt(value) + BigInt(more) : Number(value) + more);
    if (lessThan.case === "lte") {
      faults.push({ label: `above ${lessThan.value}`, spoil: () => number(lessThan.value, 1) });
      // Versions may well be greater.
      if (lessThan.value < 2n ** 40n) faults.push({ label: "2^31 or more", spoil: () => (isBig ? 2n ** 40n : 2 ** 31 - 1) });
    }
    if (greaterThan.case === "gte") {
      faults.push({ label: `below ${greaterThan.value}`, spoil: () => number(greaterThan.value, -1) });
      faults.push({ label: "far below", spoil: () => (isBig ? -(2n ** 63n) : -(2 ** 31)) });
    }
  }
  if (rules?.type.case === "enum" && rules.type.value.definedOnly) faults.push({ label: "an unknown value", spoil: () => 99 });
  if (rules?.type.case === "repeated") {
    const { minItems, maxItems } = rules.type.value;
    if (minItems > 0n) faults.push({ label: "empty", spoil: () => [] });
    if (maxItems > 0n) faults.push({ label: `more than ${maxItems}`, spoil: (list) => repeat(list as readonly unknown[], Number(maxItems) + 1) });
  }
  return faults;
}

function stringFaults(name: string, rules: FieldRules | undefined): readonly Fault[] {
  const faults: Fault[] = [];
  const string = rules?.type.case === "string" ? rules.type.value : undefined;
  const wellKnown = string?.wellKnown.case;
  if (wellKnown === "uuid") {
    faults.push({ label: "not a UUID", spoil: () => "not-a-uuid" }, { label: "a UUID with a letter too many", spoil: (value) => `${String(value)}0` });
  }
  if (wellKnown === "email") faults.push({ label: "no address", spoil: () => "nobody" }, { label: "with NUL", spoil: () => `a${nul}b@flashdeal.example` });
  if (string !== undefined && string.pattern !== "") {
    faults.push({ label: "against its pattern", spoil: () => "a b" });
    if (/\{0,63\}/.test(string.pattern)) {
      faults.push({ label: "of 65 characters", spoil: () => "k".repeat(65) }, { label: "that begins with a dot", spoil: () => ".x" }, { label: "with NUL", spoil: () => `k${nul}` });
    }
  }
  if (string !== undefined && string.maxLen > 0n) faults.push({ label: `longer than ${string.maxLen}`, spoil: () => "x".repeat(Number(string.maxLen) + 1) });
  if (string !== undefined && string.minLen > 0n) faults.push({ label: `shorter than ${string.minLen}`, spoil: () => "x".repeat(Number(string.minLen) - 1) });
  const isFree = wellKnown === undefined && (string === undefined || string.pattern === "");
  if (isFree && !opaque.has(name)) faults.push({ label: "with NUL", spoil: () => `x${nul}y` });
  return faults;
}

function emptyOf(field: DescField): unknown {
  switch (field.fieldKind) {
    case "scalar":
      return typeof field.getDefaultValue() === "bigint" ? 0n : zeroOf(field.scalar);
    case "enum":
      return 0;
    default:
      return undefined;
  }
}

function zeroOf(scalar: ScalarType): unknown {
  if (scalar === ScalarType.STRING) return "";
  return scalar === ScalarType.INT64 ? 0n : 0;
}

function repeat(list: readonly unknown[], count: number): unknown[] {
  return Array.from({ length: count }, () => list[0]);
}

function replaceAt(message: Message, way: Way, spoil: Spoil): void {
  const last = way.at(-1) as string;
  const parent = way.slice(0, -1).reduce<Record<string | number, unknown>>(
    (current, step) => current[step] as Record<string | number, unknown>,
    message as unknown as Record<string | number, unknown>,
  );
  const value = spoil(parent[last]);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
}

