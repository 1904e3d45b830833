import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { StockSchema, type Stock } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import type { StockState } from "../domain/stock-state.ts";

/** States that the near cache keeps are answered many times: their messages are made once and live as long as they do. */
const messages = new WeakMap<StockState, Stock>();

/** The message of a state. Shared between calls: it must not be changed. */
export function toStock(state: StockState): Stock {
  const made = messages.get(state);
  if (made !== undefined) return made;
  const stock = create(StockSchema, {
    vendorItemId: state.vendorItemId,
    fulfillmentCenterId: state.fulfillmentCenterId,
    onHand: state.onHand,
    reserved: state.reserved,
    available: state.onHand - state.reserved,
    version: state.version,
    updateTime: timestampFromDate(state.changeTime),
  });
  messages.set(state, stock);
  return stock;
}
