import { create } from "@bufbuild/protobuf";
import {
  BatchGetStocksResponseSchema,
  type BatchGetStocksRequest,
  type BatchGetStocksResponse,
} from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import type { StockReader } from "../domain/ports.ts";
import { answered } from "./errors.ts";
import { toStock } from "./stock-message.ts";

/** BatchGetStocks: the stocks that are known, in the order of the request, and the keys that are not. */
export function createBatchGetStocks(reader: StockReader) {
  return async ({ keys }: BatchGetStocksRequest): Promise<BatchGetStocksResponse> => {
    const states = await answered(reader.getMany(keys));
    return create(BatchGetStocksResponseSchema, {
      stocks: states.filter((state) => state !== undefined).map(toStock),
      unknownKeys: keys.filter((_, index) => states[index] === undefined),
    });
  };
}
