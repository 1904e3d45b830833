import { StockQueryService } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { serviceRoutes, type ServiceRoutes } from "@flashdeal/runtime/rpc";
import type { StockReader } from "../domain/ports.ts";
import type { WatchHub } from "../domain/watch-hub.ts";
import { createBatchGetStocks } from "./batch-get-stocks.ts";
import { createGetStock } from "./get-stock.ts";
import { createWatchStock } from "./watch-stock.ts";

/** What the handlers work with. */
export interface RoutesOptions {
  readonly reader: StockReader;
  readonly hub: WatchHub;
  /** Longest time that a watched key is not read again. */
  readonly watchRefreshMs: number;
}

/** The table of contents: each rpc of the service and its file. */
export function createRoutes({ reader, hub, watchRefreshMs }: RoutesOptions): readonly ServiceRoutes[] {
  return [
    serviceRoutes(StockQueryService, {
      getStock: createGetStock(reader),
      batchGetStocks: createBatchGetStocks(reader),
      watchStock: createWatchStock(reader, hub, watchRefreshMs),
    }),
  ];
}
