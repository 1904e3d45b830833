import { getOption, hasOption, ScalarType, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { field as fieldRules, Ignore } from "@flashdeal/proto/buf/validate/validate_pb";
import type { FieldViolation } from "../errors/index.ts";

/**
 * Finds text in a message, at any depth, that Postgres cannot store and UTF-8 cannot carry: the character NUL, and halves of
 * surrogate pairs. Answers one violation per field; undefined where all is well.
 */
export type TextCheck = (message: Message) => FieldViolation[] | undefined;

type ValueCheck = (value: unknown) => FieldViolation[] | undefined;
type Fields = Readonly<Record<string, unknown>>;

const checks = new WeakMap<DescMessage, { readonly check: TextCheck | undefined }>();

/**
 * The check of a message type, made once per type; undefined where no field below it holds text. A field that the contract
 * exempts from validation (`ignore = IGNORE_ALWAYS`) is left to whoever validates it.
 */
export function textCheckOf(desc: DescMessage): TextCheck | undefined {
  const known = checks.get(desc);
  if (known !== undefined) return known.check;
  // A type that contains itself meets this entry while its own check is being made.
  const entry: { check: TextCheck | undefined } = { check: (message) => entry.check?.(message) };
  checks.set(desc, entry);
  const fieldChecks = desc.fields.filter((field) => !isExempt(field)).flatMap((field) => checkOf(field) ?? []);
  const check: TextCheck | undefined = fieldChecks.length === 0 ? undefined : (message) => checkFields(fieldChecks, message as unknown as Fields);
  entry.check = check;
  return check;
}

function checkFields(fieldChecks: readonly ((fields: Fields) => FieldViolation[] | undefined)[], fields: Fields): FieldViolation[] | undefined {
  let violations: FieldViolation[] | undefined;
  for (const check of fieldChecks) {
    const found = check(fields);
    if (found !== undefined) violations = joined(violations, found);
  }
  return violations;
}

function isExempt(field: DescField): boolean {
  return hasOption(field, fieldRules) && getOption(field, fieldRules).ignore === Ignore.ALWAYS;
}

function checkOf(field: DescField): ((fields: Fields) => FieldViolation[] | undefined) | undefined {
  const check = valueCheckOf(field);
  if (check === undefined) return undefined;
  const { localName, oneof, name } = field;
  if (oneof !== undefined) {
    return (fields) => {
      const chosen = fields[oneof.localName] as { readonly case?: string; readonly value?: unknown };
      return chosen.case === localName ? under(name, check(chosen.value)) : undefined;
    };
  }
  return (fields) => {
    const value = fields[localName];
    return value === undefined ? undefined : under(name, check(value));
  };
}

/** The check of what the field's property holds, whose violations are named relative to the field. */
function valueCheckOf(field: DescField): ValueCheck | undefined {
  switch (field.fieldKind) {
    case "scalar":
      return field.scalar === ScalarType.STRING ? checkText : undefined;
    case "message":
      return messageCheck(field.message, field.oneof === undefined);
    case "list":
      return each(field.listKind === "scalar" && field.scalar === ScalarType.STRING ? checkText : messageCheck(field.message, false));
    case "map": {
      const keys = field.mapKey === ScalarType.STRING ? checkText : undefined;
      const values = field.mapKind === "scalar" && field.scalar === ScalarType.STRING ? checkText : messageCheck(field.message, false);
      return entries(keys, values);
    }
    case "enum":
      return undefined;
  }
}

/** Wrapper messages of singular fields outside a oneof are plain values in the message. */
function messageCheck(message: DescMessage | undefined, unwraps: boolean): ValueCheck | undefined {
  if (message === undefined) return undefined;
  if (unwraps && message.typeName === StringValueSchema.typeName) return checkText;
  return textCheckOf(message) as ValueCheck | undefined;
}

/** Adds to the first, which is ours alone: a copy each time would take the square of the time for a list full of bad text. */
function joined(violations: FieldViolation[] | undefined, found: FieldViolation[]): FieldViolation[] {
  if (violations === undefined) return found;
  for (const violation of found) violations.push(violation);
  return violations;
}

function each(check: ValueCheck | undefined): ValueCheck | undefined {
  if (check === undefined) return undefined;
  return (value) => {
    let violations: FieldViolation[] | undefined;
    for (const [index, item] of (value as readonly unknown[]).entries()) {
      const found = under(`[${index}]`, check(item));
      if (found !== undefined) violations = joined(violations, found);
    }
    return violations;
  };
}

function entries(keyCheck: ValueCheck | undefined, check: ValueCheck | undefined): ValueCheck | undefined {
  if (keyCheck === undefined && check === undefined) return undefined;
  return (value) => {
    const violations = Object.entries(value as Fields).flatMap(([key, item]) =>
      [keyCheck?.(key), check?.(item)].flatMap((found) => under(`[${JSON.stringify(key)}]`, found) ?? []),
    );
    return violations.length === 0 ? undefined : violations;
  };
}

function checkText(value: unknown): FieldViolation[] | undefined {
  const text = value as string;
  if (text.includes("\0")) return [{ field: "", description: "must not contain the character NUL" }];
  return text.isWellFormed() ? undefined : [{ field: "", description: "must be Unicode text; it holds half of a surrogate pair" }];
}

/** Puts the field's name, or its index in brackets, in front of the paths of what was found below it. */
function under(name: string, found: FieldViolation[] | undefined): FieldViolation[] | undefined {
  return found?.map(({ field, description }) => ({ field: field === "" || field.startsWith("[") ? `${name}${field}` : `${name}.${field}`, description }));
}
