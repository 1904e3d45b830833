import { hash } from "node:crypto";
import { clone, toBinary, type DescMessage, type DescMethod, type MessageShape } from "@bufbuild/protobuf";
import type { Principal } from "../auth/index.ts";
import { ErrorReason, reasonError } from "../errors/index.ts";

/** How long the answer to a keyed request is kept. */
export const requestResultTtlMs = 24 * 60 * 60 * 1_000;

/** Longest `request_id`, in characters. */
export const maxRequestIdLength = 128;

const printableAscii = /^[!-~]{1,128}$/;

/**
 * Whose request id it is: ids of different callers or methods never meet. A user's and a service's names cannot be mixed up.
 */
export function requestScope(principal: Principal, method: Pick<DescMethod, "name" | "parent">): string {
  return `${callerOf(principal)} ${method.parent.typeName}/${method.name}`;
}

function callerOf(principal: Principal): string {
  switch (principal.kind) {
    case "user":
      return `user:${principal.userId}`;
    case "service":
      return `service:${principal.name}`;
    case "anonymous":
      return "anonymous";
  }
}

/**
 * SHA-256 (32 bytes) over the request without its `request_id`: two requests with the same fingerprint ask for the same.
 * The binary form is the same for equal messages here: protobuf-es writes fields in the order of their numbers, and map
 * entries are put in order of their keys.
 */
export function requestFingerprint<Desc extends DescMessage>(desc: Desc, request: MessageShape<Desc>): Uint8Array {
  const { requestId, mapped } = shapeOf(desc);
  const record = (mapped ? withSortedMaps(desc, request) : request) as Record<string, unknown>;
  if (requestId === undefined) return fingerprintOf(desc, record);
  const own = record[requestId];
  // Nobody else sees it: nothing awaits in between, and a copy would cost as much as the rest.
  record[requestId] = "";
  try {
    return fingerprintOf(desc, record);
  } finally {
    record[requestId] = own;
  }
}

function fingerprintOf(desc: DescMessage, record: object): Uint8Array {
  return hash("sha256", toBinary(desc, record as MessageShape<DescMessage>, { writeUnknownFields: true }), "buffer");
}

interface Shape {
  /** The request id's property, where there is one. */
  readonly requestId: string | undefined;
  readonly mapped: boolean;
}

const shapes = new WeakMap<DescMessage, Shape>();

function shapeOf(desc: DescMessage): Shape {
  let shape = shapes.get(desc);
  if (shape === undefined) {
    const requestId = desc.fields.find(({ name, fieldKind }) => name === "request_id" && fieldKind === "scalar")?.localName;
    shapes.set(desc, (shape = { requestId, mapped: desc.fields.some(({ fieldKind }) => fieldKind === "map") }));
  }
  return shape;
}

function withSortedMaps<Desc extends DescMessage>(desc: Desc, request: MessageShape<Desc>): object {
  const copy = clone(desc, request) as Record<string, unknown>;
  for (const { fieldKind, localName } of desc.fields) {
    const map = copy[localName];
    if (fieldKind === "map" && typeof map === "object" && map !== null) {
      copy[localName] = Object.fromEntries(Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    }
  }
  return copy;
}

/**
 * Checks a request id that did not come through the contract's own rules (a REST header): 1 to 128 printable ASCII
 * characters without spaces. Throws INVALID_INPUT otherwise.
 */
export function parseRequestId(text: string, field = "request_id"): string {
  if (printableAscii.test(text)) return text;
  const description = `must be 1 to ${maxRequestIdLength} printable ASCII characters without spaces, for example a UUID`;
  throw reasonError(ErrorReason.INVALID_INPUT, `${field} ${description}.`, { violations: [{ field, description }] });
}
