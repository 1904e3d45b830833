import { ErrorReason, reasonError, type FieldViolation } from "@flashdeal/runtime/errors";

/** What no annotation of the contract can say about input. */

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether the text is a UUID in its usual form. */
export function isUuid(text: string): boolean {
  return uuid.test(text);
}

/** Fields by their paths in proto names. Throws INVALID_INPUT where one holds the character NUL, which Postgres cannot store. */
export function refuseNul(fields: Readonly<Record<string, string>>): void {
  refuse(Object.entries(fields).flatMap(([field, text]) => (text.includes("\0") ? { field, description: "must not contain the character NUL" } : [])));
}

/** Fields by their paths in proto names. Throws INVALID_INPUT where one is empty. */
export function requireText(fields: Readonly<Record<string, string>>): void {
  refuse(Object.entries(fields).flatMap(([field, text]) => (text === "" ? { field, description: "is required" } : [])));
}

/** Throws INVALID_INPUT where there are violations. */
export function refuse(violations: readonly FieldViolation[]): void {
  const [first] = violations;
  if (first !== undefined) throw reasonError(ErrorReason.INVALID_INPUT, `${first.field} ${first.description}`, { violations });
}

/** The id that a page token holds. Throws PAGE_TOKEN_INVALID where it is none. */
export function cursorId(cursor: readonly [string] | undefined): string | undefined {
  const id = cursor?.[0];
  if (id === undefined || isUuid(id)) return id;
  throw reasonError(ErrorReason.PAGE_TOKEN_INVALID, "Use next_page_token of the previous answer with the same arguments, or none for the first page.", {
    violations: [{ field: "page_token", description: "must be next_page_token of a previous answer to the same request" }],
  });
}
