import { create } from "@bufbuild/protobuf";
import { GetStockResponseSchema, type GetStockRequest, type GetStockResponse } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import type { StockReader } from "../domain/ports.ts";
import { answered, stockNotFound } from "./errors.ts";
import { toStock } from "./stock-message.ts";

/** GetStock: the stock of one key. */
export function createGetStock(reader: StockReader) {
  return async (request: GetStockRequest): Promise<GetStockResponse> => {
    const state = await answered(reader.get(request));
    if (state === undefined) throw stockNotFound(request);
    return create(GetStockResponseSchema, { stock: toStock(state) });
  };
}
