import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { DealState as DealStateValue, ListDealsResponseSchema, ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import type { DealState } from "../domain/deal.ts";
import { dealMessage } from "../message/deal-message.ts";
import { nextPageToken, pageSizeOf, uuidCursor } from "./paging.ts";
import type { HandlerServices } from "./services.ts";

const method = ProductService.method.listDeals;

const states: ReadonlyMap<DealStateValue, DealState> = new Map([
  [DealStateValue.SCHEDULED, "SCHEDULED"],
  [DealStateValue.ACTIVE, "ACTIVE"],
  [DealStateValue.ENDED, "ENDED"],
  [DealStateValue.CANCELLED, "CANCELLED"],
]);

/** Lists deals, the newest first. */
export function listDeals({ catalogue, clock }: HandlerServices): MethodImpl<typeof method> {
  return async (request) => {
    const scope = { method, request };
    const pageSize = pageSizeOf(request);
    const rows = await catalogue.listDeals({
      beforeDealId: uuidCursor(scope, request.pageToken),
      productId: request.productId || undefined,
      state: states.get(request.state),
      maxRows: pageSize + 1,
    });
    const now = clock.now();
    const deals = rows.slice(0, pageSize);
    const token = nextPageToken(scope, rows.length > pageSize ? deals.at(-1)?.dealId : undefined);
    return create(ListDealsResponseSchema, { deals: deals.map((deal) => dealMessage(deal, now)), nextPageToken: token });
  };
}
