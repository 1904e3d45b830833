import { createHash } from "node:crypto";
import { toBinary, type DescMessage, type DescMethod, type MessageShape } from "@bufbuild/protobuf";
import { ErrorReason, reasonError } from "../errors/index.ts";

/** What a page token is bound to: the method, and every argument but the token and the page size. */
export interface PageTokenScope<Desc extends DescMessage = DescMessage> {
  readonly method: DescMethod & { readonly input: Desc };
  readonly request: MessageShape<Desc>;
}

/** Where the next page starts: the sort key of the last row that was answered. */
export type PageCursor = readonly (string | number)[];

const version = 1;
const maxTokenLength = 1_024;

/** Makes the opaque token that goes on after `cursor`. It is not secret and not signed: it only says where to go on. */
export function encodePageToken<Desc extends DescMessage>(scope: PageTokenScope<Desc>, cursor: PageCursor): string {
  return Buffer.from(JSON.stringify([version, scopeHash(scope), ...cursor])).toString("base64url");
}

/**
 * Reads a token of `encodePageToken`; undefined for the first page (empty token). Throws PAGE_TOKEN_INVALID where it was made
 * by something else, for another method or for other arguments, or has not the `kinds` of parts that the method puts in.
 */
export function decodePageToken<Desc extends DescMessage, const Kinds extends readonly ("string" | "number")[]>(
  scope: PageTokenScope<Desc>,
  token: string,
  kinds: Kinds,
): CursorOf<Kinds> | undefined {
  if (token === "") return undefined;
  const parts = token.length > maxTokenLength ? undefined : parse(token);
  const [tokenVersion, hash, ...cursor] = parts ?? [];
  const fits = tokenVersion === version && hash === scopeHash(scope) && cursor.length === kinds.length;
  if (fits && kinds.every((kind, index) => typeof cursor[index] === kind)) return cursor as unknown as CursorOf<Kinds>;
  throw reasonError(ErrorReason.PAGE_TOKEN_INVALID, "Use next_page_token of the previous answer with the same arguments, or none for the first page.", {
    violations: [{ field: "page_token", description: "must be next_page_token of a previous answer to the same request" }],
  });
}

/** A cursor with the given kinds of parts. */
export type CursorOf<Kinds extends readonly ("string" | "number")[]> = {
  readonly [Index in keyof Kinds]: Kinds[Index] extends "string" ? string : number;
};

function parse(token: string): unknown[] | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    return Array.isArray(parts) ? parts : undefined;
  } catch {
    return undefined;
  }
}

const unbound: ReadonlySet<string> = new Set(["page_token", "page_size"]);

function scopeHash<Desc extends DescMessage>({ method, request }: PageTokenScope<Desc>): string {
  const filter: Record<string, unknown> = { ...request };
  for (const field of method.input.fields) {
    if (!unbound.has(field.name)) continue;
    filter[field.localName] = field.name === "page_token" ? "" : 0;
  }
  const bytes = toBinary(method.input, filter as MessageShape<Desc>);
  return createHash("sha256").update(`${method.parent.typeName}/${method.name}\n`).update(bytes).digest("base64url").slice(0, 16);
}
