import type { DescMessage } from "@bufbuild/protobuf";
import { decodePageToken, encodePageToken, type PageTokenScope } from "@flashdeal/runtime/rpc";
import type { PurchaseKey } from "../domain/ports.ts";
import type { StockKey } from "../domain/stock.ts";
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

/** The key that the page goes on after; undefined for the first page. */
export function stockKeyCursor<Desc extends DescMessage>(scope: PageTokenScope<Desc>, token: string): StockKey | undefined {
  const [key] = decodePageToken(scope, token, ["string"]) ?? [];
  if (key === undefined) return undefined;
  const [vendorItemId, fulfillmentCenterId, ...others] = key.split("/");
  if (!vendorItemId || !fulfillmentCenterId || others.length > 0 || key.includes("\0")) throw pageTokenInvalid();
  return { vendorItemId, fulfillmentCenterId };
}

/** The buyer of a deal that the page goes on after; undefined for the first page. */
export function purchaseCursor<Desc extends DescMessage>(scope: PageTokenScope<Desc>, token: string): PurchaseKey | undefined {
  const [key] = decodePageToken(scope, token, ["string"]) ?? [];
  if (key === undefined) return undefined;
  const [dealId = "", userId = "", ...others] = key.split("/");
  if (!isUuid(dealId) || !isUuid(userId) || others.length > 0) throw pageTokenInvalid();
  return { dealId, userId };
}
