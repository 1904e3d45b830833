import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { DealSchema, DealState as DealStateValue, type Deal as DealMessage } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { dealState, type Deal } from "../domain/deal.ts";
import { moneyMessage } from "./money-message.ts";

/** A deal as the contract says it, with the state that it has at `now`, in answers and events. */
export function dealMessage(deal: Deal, now: Date): DealMessage {
  return create(DealSchema, {
    dealId: deal.dealId,
    productId: deal.productId,
    vendorItemId: deal.vendorItemId,
    fulfillmentCenterId: deal.fulfillmentCenterId,
    title: deal.title,
    dealPrice: moneyMessage(deal.price),
    startTime: timestampFromDate(deal.startTime),
    endTime: timestampFromDate(deal.endTime),
    perUserLimit: deal.perUserLimit,
    state: DealStateValue[dealState(deal, now)],
    createTime: timestampFromDate(deal.createTime),
    updateTime: timestampFromDate(deal.updateTime),
  });
}
