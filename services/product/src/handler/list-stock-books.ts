import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { InventoryService, ListStockBooksResponseSchema, StockBookSchema } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { stockKeyText } from "../domain/stock.ts";
import { stockLevelMessage } from "../message/stock-message.ts";
import { nextPageToken, pageSizeOf, stockKeyCursor } from "./paging.ts";
import type { HandlerServices } from "./services.ts";

const method = InventoryService.method.listStockBooks;

/** Lists keys with what their books say. */
export function listStockBooks({ stock }: HandlerServices): MethodImpl<typeof method> {
  return async (request) => {
    const scope = { method, request };
    const pageSize = pageSizeOf(request);
    const rows = await stock.listBooks({ after: stockKeyCursor(scope, request.pageToken), vendorItemId: request.vendorItemId || undefined, maxRows: pageSize + 1 });
    const page = rows.slice(0, pageSize);
    const last = rows.length > pageSize ? page.at(-1) : undefined;
    return create(ListStockBooksResponseSchema, {
      books: page.map(({ onHandSum, reservedSum, held, soldSum, sold, ...level }) =>
        create(StockBookSchema, { stock: stockLevelMessage(level), onHandSum, reservedSum, held, soldSum, sold }),
      ),
      nextPageToken: nextPageToken(scope, last && stockKeyText(last)),
    });
  };
}
