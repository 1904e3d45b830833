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
  return hash("sha256", toBinary(desc, withoutRequestId(desc, request), { writeUnknownFields: true }), "buffer");
}

function withoutRequestId<Desc extends DescMessage>(desc: Desc, request: MessageShape<Desc>): MessageShape<Desc> {
  const field = desc.fields.find((candidate) => candidate.name === "request_id" && candidate.fieldKind === "scalar");
  const mapped = desc.fields.some((candidate) => candidate.fieldKind === "map");
  if (field === undefined && !mapped) return request;
  const copy = mapped ? clone(desc, request) : Object.assign(Object.create(Object.getPrototypeOf(request) as object | null), request);
  const record = copy as Record<string, unknown>;
  if (field !== undefined) record[field.localName] = "";
  for (const { fieldKind, localName } of desc.fields) {
    const map = record[localName];
    if (fieldKind === "map" && typeof map === "object" && map !== null) {
      record[localName] = Object.fromEntries(Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    }
  }
  return copy as MessageShape<Desc>;
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
