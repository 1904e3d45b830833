import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import {
  WatchStockResponseSchema,
  type WatchStockRequest,
  type WatchStockResponse,
} from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import type { StockReader } from "../domain/ports.ts";
import type { WatchHub } from "../domain/watch-hub.ts";
import { answered, stockNotFound, tooManyWatchers } from "./errors.ts";
import { toStock } from "./stock-message.ts";

/**
 * WatchStock: the stock as it is, then each change. The transport asks for the next message when the reader has room, and
 * gets the newest state then. Without news for `refreshMs` the key is read again, in case a message was lost. The stream ends when
 * the caller leaves, or with UNAVAILABLE when the server drains.
 */
export function createWatchStock(reader: StockReader, hub: WatchHub, refreshMs: number) {
  return async function* watchStock(request: WatchStockRequest, context: HandlerContext): AsyncGenerator<WatchStockResponse> {
    const { signal } = context;
    const watcher = hub.open(request);
    if (watcher === undefined) throw tooManyWatchers();
    try {
      const first = await answered(reader.get(request));
      if (first === undefined) throw stockNotFound(request);
      watcher.offer(first);
      while (!signal.aborted) {
        const state = await watcher.next(refreshMs, signal);
        if (state !== undefined) {
          yield create(WatchStockResponseSchema, { stock: toStock(state) });
          continue;
        }
        if (signal.aborted) break;
        const current = await answered(reader.get(request));
        if (current !== undefined) watcher.offer(current);
      }
      throw signal.reason;
    } finally {
      watcher.close();
    }
  };
}
