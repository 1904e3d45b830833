import { getOption, hasOption, isFieldSet } from "@bufbuild/protobuf";
import type { DescField, Message } from "@bufbuild/protobuf";
import { field as fieldRules, Ignore, RepeatedRulesSchema, StringRulesSchema } from "@flashdeal/proto/buf/validate/validate_pb";
import type { EnumRules, FieldRules, MapRules, RepeatedRules, StringRules } from "@flashdeal/proto/buf/validate/validate_pb";
import { field_behavior, FieldBehavior } from "@flashdeal/proto/google/api/field_behavior_pb";
import type { JsonSchema } from "./openapi-types.ts";

/** What `buf.validate` and `google.api.field_behavior` say about a field, in the words of JSON Schema. */
export interface FieldConstraints {
  /** Keywords for the value, or for the array or object of a repeated or map field. */
  readonly keywords: JsonSchema;
  /** Keywords for each element or map value. */
  readonly itemKeywords: JsonSchema;
  /** Rules that JSON Schema cannot say, as sentences. */
  readonly notes: readonly string[];
  /** Whether a request without the field is refused. */
  readonly required: boolean;
  readonly readOnly: boolean;
  readonly writeOnly: boolean;
}

interface Rules {
  readonly keywords: Record<string, unknown>;
  readonly notes: string[];
}

/** Reads the constraints of a field. */
export function constraintsOf(field: DescField): FieldConstraints {
  const behavior = hasOption(field, field_behavior) ? getOption(field, field_behavior) : [];
  const rules = hasOption(field, fieldRules) ? getOption(field, fieldRules) : undefined;
  const own: Rules = { keywords: {}, notes: [] };
  const items: Rules = { keywords: {}, notes: [] };
  if (rules !== undefined && rules.ignore !== Ignore.ALWAYS) {
    addRules(field, rules, own, items);
  }
  const readOnly = behavior.includes(FieldBehavior.OUTPUT_ONLY);
  return {
    keywords: own.keywords,
    itemKeywords: items.keywords,
    notes: [...own.notes, ...items.notes.map((note) => `Each: ${note}`)],
    required: !readOnly && (behavior.includes(FieldBehavior.REQUIRED) || (rules !== undefined && refusesAbsence(field, rules))),
    readOnly,
    writeOnly: behavior.includes(FieldBehavior.INPUT_ONLY),
  };
}

function addRules(field: DescField, rules: FieldRules, own: Rules, items: Rules): void {
  own.notes.push(...rules.cel.map((rule) => rule.message).filter((message) => message !== ""));
  const { type } = rules;
  switch (type.case) {
    case "string":
      addString(type.value, own);
      break;
    case "repeated":
      addRepeated(field, type.value, own, items);
      break;
    case "map":
      addMap(field, type.value, own, items);
      break;
    case "enum":
      addEnum(field, type.value, own);
      break;
    case "int32":
    case "sint32":
    case "sfixed32":
    case "uint32":
    case "fixed32":
    case "float":
    case "double":
      addBounds(type.value, own.keywords);
      break;
    case "int64":
    case "sint64":
    case "sfixed64":
    case "uint64":
    case "fixed64":
      own.notes.push(...boundSentences(type.value));
      break;
    default:
      break;
  }
}

function addString(rules: StringRules, { keywords, notes }: Rules): void {
  const { field } = StringRulesSchema;
  if (isFieldSet(rules, field.len)) {
    Object.assign(keywords, { minLength: Number(rules.len), maxLength: Number(rules.len) });
  }
  if (isFieldSet(rules, field.minLen)) {
    keywords.minLength = Number(rules.minLen);
  }
  if (isFieldSet(rules, field.maxLen)) {
    keywords.maxLength = Number(rules.maxLen);
  }
  if (isFieldSet(rules, field.maxBytes)) {
    notes.push(`At most ${rules.maxBytes} bytes of UTF-8.`);
  }
  if (isFieldSet(rules, field.pattern)) {
    addPattern(rules.pattern, keywords, notes);
  }
  if (isFieldSet(rules, field.const)) {
    keywords.const = rules.const;
  }
  if (rules.in.length > 0) {
    keywords.enum = rules.in;
  }
  if (rules.notIn.length > 0) {
    keywords.not = { enum: rules.notIn };
  }
  const format = rules.wellKnown.case === undefined || rules.wellKnown.value === false ? undefined : formatOf[rules.wellKnown.case];
  if (format !== undefined) {
    keywords.format = format;
  }
}

const formatOf: Readonly<Record<string, string>> = {
  email: "email",
  hostname: "hostname",
  ipv4: "ipv4",
  ipv6: "ipv6",
  uri: "uri",
  uriRef: "uri-reference",
  uuid: "uuid",
};

/** RE2 and ECMAScript mostly agree; a pattern that only RE2 understands is told in words. */
function addPattern(pattern: string, keywords: Record<string, unknown>, notes: string[]): void {
  try {
    new RegExp(pattern, "u").test("");
    keywords.pattern = pattern;
  } catch {
    notes.push(`Matches the RE2 pattern ${pattern}`);
  }
}

function addRepeated(field: DescField, rules: RepeatedRules, own: Rules, items: Rules): void {
  if (isFieldSet(rules, RepeatedRulesSchema.field.minItems)) {
    own.keywords.minItems = Number(rules.minItems);
  }
  if (isFieldSet(rules, RepeatedRulesSchema.field.maxItems)) {
    own.keywords.maxItems = Number(rules.maxItems);
  }
  if (rules.unique) {
    own.keywords.uniqueItems = true;
  }
  if (rules.items !== undefined) {
    addRules(field, rules.items, items, items);
  }
}

function addMap(field: DescField, rules: MapRules, own: Rules, items: Rules): void {
  if (rules.minPairs > 0n) {
    own.keywords.minProperties = Number(rules.minPairs);
  }
  if (rules.maxPairs > 0n) {
    own.keywords.maxProperties = Number(rules.maxPairs);
  }
  if (rules.values !== undefined) {
    addRules(field, rules.values, items, items);
  }
}

function addEnum(field: DescField, rules: EnumRules, { keywords }: Rules): void {
  const nameOf = (number: number): string => field.enum?.value[number]?.jsonName ?? String(number);
  if (rules.in.length > 0) {
    keywords.enum = rules.in.map(nameOf);
  }
  if (rules.notIn.length > 0) {
    keywords.not = { enum: rules.notIn.map(nameOf) };
  }
}

/** What all rules for numbers have. */
type NumberRules = Message & {
  readonly lessThan: { readonly case: "lt" | "lte" | undefined; readonly value?: number | bigint | undefined };
  readonly greaterThan: { readonly case: "gt" | "gte" | undefined; readonly value?: number | bigint | undefined };
  readonly in: readonly (number | bigint)[];
};

const keywordOf = { lt: "exclusiveMaximum", lte: "maximum", gt: "exclusiveMinimum", gte: "minimum" } as const;
const wordsOf = { lt: "Less than", lte: "At most", gt: "More than", gte: "At least" } as const;

function boundsOf(rules: NumberRules): readonly (readonly ["lt" | "lte" | "gt" | "gte", number | bigint])[] {
  return [rules.greaterThan, rules.lessThan].flatMap(({ case: kind, value }) =>
    kind === undefined || value === undefined ? [] : [[kind, value] as const],
  );
}

function addBounds(rules: NumberRules, keywords: Record<string, unknown>): void {
  for (const [kind, value] of boundsOf(rules)) {
    keywords[keywordOf[kind]] = value;
  }
  if (rules.in.length > 0) {
    keywords.enum = rules.in;
  }
}

/** 64-bit integers are strings in JSON, where JSON Schema has no bounds. */
function boundSentences(rules: NumberRules): readonly string[] {
  const bounds = boundsOf(rules).map(([kind, value]) => `${wordsOf[kind]} ${value}.`);
  return rules.in.length > 0 ? [...bounds, `One of ${rules.in.join(", ")}.`] : bounds;
}

/** Fields without presence are checked as zero when they are absent, so a rule that zero breaks makes them required. */
function refusesAbsence(field: DescField, rules: FieldRules): boolean {
  if (rules.required) {
    return true;
  }
  const tracked = field.fieldKind === "message" || field.proto.proto3Optional || field.oneof !== undefined;
  if (tracked || rules.ignore !== Ignore.UNSPECIFIED) {
    return false;
  }
  const { type } = rules;
  switch (type.case) {
    case "string":
      return refusesEmptyString(type.value);
    case "repeated":
      return type.value.minItems > 0n;
    case "map":
      return type.value.minPairs > 0n;
    case "enum":
      return type.value.notIn.includes(0) || (type.value.in.length > 0 && !type.value.in.includes(0));
    case "int32":
    case "sint32":
    case "sfixed32":
    case "uint32":
    case "fixed32":
    case "float":
    case "double":
    case "int64":
    case "sint64":
    case "sfixed64":
    case "uint64":
    case "fixed64":
      return refusesZero(type.value);
    default:
      return false;
  }
}

function refusesEmptyString(rules: StringRules): boolean {
  if (rules.minLen > 0n || rules.len > 0n || (rules.wellKnown.case !== undefined && rules.wellKnown.value !== false)) {
    return true;
  }
  try {
    return !new RegExp(rules.pattern, "u").test("");
  } catch {
    return false;
  }
}

function refusesZero(rules: NumberRules): boolean {
  return boundsOf(rules).some(([kind, value]) => (kind === "gt" && value >= 0) || (kind === "gte" && value > 0));
}
