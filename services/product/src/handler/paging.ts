import type { DescMessage } from "@bufbuild/protobuf";
import { decodePageToken, encodePageToken, type PageTokenScope } from "@flashdeal/runtime/rpc";
import { pageTokenInvalid } from "./errors.ts";
import { isUuid } from "./input-check.ts";

const defaultPageSize = 50;

/** Entries that a page may have. */
export function pageSizeOf({ pageSize }: { readonly pageSize: number }): number {
  return pageSize === 0 ? defaultPageSize : pageSize;
}

/** The token of the page after the row with this key; empty where there is none. */
export function nextPageToken<Desc extends DescMessage>(scope: PageTokenScope<Desc>, lastKey: string | undefined): string {
  return lastKey === undefined ? "" : encodePageToken(scope, [lastKey]);
}

/** The UUID that the page goes on after; undefined for the first page. */
export function uuidCursor<Desc extends DescMessage>(scope: PageTokenScope<Desc>, token: string): string | undefined {
  const [id] = decodePageToken(scope, token, ["string"]) ?? [];
  if (id !== undefined && !isUuid(id)) throw pageTokenInvalid();
  return id;
}

/** The position that the page goes on after; undefined for the first page. */
export function positionCursor<Desc extends DescMessage>(scope: PageTokenScope<Desc>, token: string): bigint | undefined {
  const [position] = decodePageToken(scope, token, ["string"]) ?? [];
  if (position === undefined) return undefined;
  if (!/^\d{1,18}$/.test(position)) throw pageTokenInvalid();
  return BigInt(position);
}
