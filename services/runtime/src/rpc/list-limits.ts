import { getOption, hasOption, type DescField, type DescMessage, type Message } from "@bufbuild/protobuf";
import { field as fieldRules } from "@flashdeal/proto/buf/validate/validate_pb";
import type { FieldViolation } from "../errors/index.ts";

/**
 * Finds the first list of a message, at any depth, that is longer than the contract's `max_items`. It looks at nothing inside of
 * such a list, so that a body full of items is refused for the price of reading it. Undefined where all lists are within their limits.
 */
export type ListLimitCheck = (message: Message) => FieldViolation | undefined;

type Fields = Readonly<Record<string, unknown>>;

const checks = new WeakMap<DescMessage, { check: ListLimitCheck | undefined }>();

/** The check of a message type, made once per type; undefined where no list below it has a limit. */
export function listLimitCheckOf(desc: DescMessage): ListLimitCheck | undefined {
  const known = checks.get(desc);
  if (known !== undefined) return known.check;
  // A type that contains itself meets this entry while its own check is being made.
  const entry: { check: ListLimitCheck | undefined } = { check: (message) => entry.check?.(message) };
  checks.set(desc, entry);
  const fieldChecks = desc.fields.flatMap((field) => fieldCheckOf(field) ?? []);
  entry.check = fieldChecks.length === 0 ? undefined : (message) => firstOf(fieldChecks, (check) => check(message as unknown as Fields));
  return entry.check;
}

type FieldCheck = (fields: Fields) => FieldViolation | undefined;

function fieldCheckOf(field: DescField): FieldCheck | undefined {
  const { localName, oneof, name } = field;
  const inner = field.message === undefined ? undefined : listLimitCheckOf(field.message);
  if (field.fieldKind === "list") {
    const maxItems = maxItemsOf(field);
    if (maxItems === undefined && inner === undefined) return undefined;
    return (fields) => {
      const items = fields[localName] as readonly Message[];
      if (items.length > (maxItems ?? Infinity)) return { field: name, description: `must contain no more than ${maxItems} item(s)` };
      return inner && firstOf(items, (item, index) => under(`${name}[${index}]`, inner(item)));
    };
  }
  if (field.fieldKind !== "message" || inner === undefined) return undefined;
  return (fields) => {
    const chosen = fields[oneof?.localName ?? localName] as Message | { readonly case?: string; readonly value?: Message } | undefined;
    const message = oneof === undefined ? chosen : chosen !== undefined && "case" in chosen && chosen.case === localName ? chosen.value : undefined;
    return message === undefined ? undefined : under(name, inner(message as Message));
  };
}

function maxItemsOf(field: DescField): number | undefined {
  if (!hasOption(field, fieldRules)) return undefined;
  const { type } = getOption(field, fieldRules);
  return type.case === "repeated" && type.value.maxItems > 0n ? Number(type.value.maxItems) : undefined;
}

function firstOf<T>(items: readonly T[], find: (item: T, index: number) => FieldViolation | undefined): FieldViolation | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

function under(path: string, found: FieldViolation | undefined): FieldViolation | undefined {
  return found && { ...found, field: `${path}.${found.field}` };
}
