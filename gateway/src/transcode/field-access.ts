import { create, equals, isFieldSet } from "@bufbuild/protobuf";
import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";

/**
 * Reads and writes fields by descriptor on the local representation that protobuf-es documents for generated and dynamic messages
 * alike: properties by local name, `{ case, value }` for a oneof, bare scalars for wrapper fields outside a oneof. Unlike
 * `reflect()` it makes no object per message.
 */
type LocalMessage = Record<string, unknown>;

const ownJson = new Set(["Any", "Timestamp", "Duration", "FieldMask", "Struct", "Value", "ListValue"].map((name) => `google.protobuf.${name}`));

/** Whether JSON maps a message specially, so that its fields are not the JSON's keys. */
export function hasOwnJson(message: DescMessage): boolean {
  return isWrapperDesc(message) || ownJson.has(message.typeName);
}

const namesOf = new WeakMap<DescMessage, ReadonlyMap<string, DescField>>();

/** Finds a field by its proto name or its JSON name. */
export function findField(message: DescMessage, name: string): DescField | undefined {
  let names = namesOf.get(message);
  if (names === undefined) {
    names = new Map(message.fields.flatMap((field) => [[field.jsonName, field] as const, [field.name, field] as const]));
    namesOf.set(message, names);
  }
  return names.get(name);
}

/**
 * Follows names from a message down through singular message fields; undefined when a name is unknown or leads into a list, a map or a
 * message that JSON maps specially.
 */
export function resolveFieldPath(message: DescMessage, names: readonly string[]): readonly DescField[] | undefined {
  const path: DescField[] = [];
  let parent: DescMessage | undefined = message;
  for (const name of names) {
    const field: DescField | undefined = parent && findField(parent, name);
    if (field === undefined) {
      return undefined;
    }
    path.push(field);
    parent = field.fieldKind === "message" && !hasOwnJson(field.message) ? field.message : undefined;
  }
  return path;
}

/** The path in proto names with dots, as in `order.lines`. */
export function pathName(path: readonly DescField[]): string {
  return path.map((field) => field.name).join(".");
}

/** Writes a value, making the messages on the way. A list gets the value appended; a oneof switches to the field. */
export function writeField(root: Message, path: readonly DescField[], value: unknown): void {
  let message: LocalMessage = root as unknown as LocalMessage;
  const last = path.length - 1;
  for (let at = 0; at < last; at++) {
    const field = path[at];
    if (field !== undefined) {
      message = openChild(message, field);
    }
  }
  const leaf = path[last];
  if (leaf === undefined) {
    return;
  }
  if (leaf.fieldKind === "list") {
    (message[leaf.localName] as unknown[]).push(value);
  } else if (leaf.oneof !== undefined) {
    message[leaf.oneof.localName] = { case: leaf.localName, value };
  } else {
    message[leaf.localName] = value;
  }
}

function openChild(message: LocalMessage, field: DescField): LocalMessage {
  if (field.fieldKind !== "message") {
    throw new TypeError(`${String(field)} has no fields`);
  }
  if (field.oneof === undefined) {
    message[field.localName] ??= create(field.message);
    return message[field.localName] as LocalMessage;
  }
  const current = message[field.oneof.localName] as { case: string | undefined; value?: unknown };
  if (current.case === field.localName) {
    return current.value as LocalMessage;
  }
  const child = create(field.message);
  message[field.oneof.localName] = { case: field.localName, value: child };
  return child as unknown as LocalMessage;
}

/** Reads a field; undefined when it, or a message on the way, is not set (or, without presence, is zero). */
export function readField(root: Message, path: readonly DescField[]): unknown {
  let value: unknown = root;
  for (const field of path) {
    const message = value as Message & LocalMessage;
    if (!isFieldSet(message, field)) {
      return undefined;
    }
    value = field.oneof === undefined ? message[field.localName] : (message[field.oneof.localName] as { value: unknown }).value;
  }
  return value;
}

/** The field of the same oneof that is already set on the message that holds `path`, if any; undefined for the field itself. */
export function oneofRival(root: Message, path: readonly DescField[]): string | undefined {
  for (const [at, field] of path.entries()) {
    if (field.oneof === undefined) {
      continue;
    }
    const parent = at === 0 ? root : readField(root, path.slice(0, at));
    const chosen = parent && ((parent as LocalMessage)[field.oneof.localName] as { case: string | undefined }).case;
    if (chosen !== undefined && chosen !== field.localName) {
      return field.oneof.fields.find((other) => other.localName === chosen)?.name;
    }
  }
  return undefined;
}

/** Whether two local values of a singular field are the same. */
export function sameValue(field: DescField, left: unknown, right: unknown): boolean {
  if (left instanceof Uint8Array && right instanceof Uint8Array) {
    return Buffer.compare(left, right) === 0;
  }
  if (field.fieldKind === "message" && typeof left === "object" && typeof right === "object") {
    return equals(field.message, left as Message, right as Message);
  }
  return Object.is(left, right);
}
