import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { InventoryService, ListPurchaseMismatchesResponseSchema } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { nextPageToken, pageSizeOf, purchaseCursor } from "./paging.ts";
import type { HandlerServices } from "./services.ts";

const method = InventoryService.method.listPurchaseMismatches;

/** Lists the buyers whose count differs from their reservations. */
export function listPurchaseMismatches({ reservations }: HandlerServices): MethodImpl<typeof method> {
  return async (request) => {
    const scope = { method, request };
    const pageSize = pageSizeOf(request);
    const query = { after: purchaseCursor(scope, request.pageToken), vendorItemId: request.vendorItemId || undefined, maxRows: pageSize + 1 };
    const rows = await reservations.listPurchaseMismatches(query);
    const mismatches = rows.slice(0, pageSize);
    const last = rows.length > pageSize ? mismatches.at(-1) : undefined;
    return create(ListPurchaseMismatchesResponseSchema, { mismatches, nextPageToken: nextPageToken(scope, last && `${last.dealId}/${last.userId}`) });
  };
}
