import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { InventoryService, ListStockMovementsResponseSchema, MovementKind as MovementKindValue } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import type { MovementKind } from "../domain/stock.ts";
import { movementMessage, stockLevelMessage } from "../message/stock-message.ts";
import { stockNotFound } from "./errors.ts";
import { nextPageToken, pageSizeOf, positionCursor } from "./paging.ts";
import type { HandlerServices } from "./services.ts";

const method = InventoryService.method.listStockMovements;

const kinds: ReadonlyMap<MovementKindValue, MovementKind> = new Map([
  [MovementKindValue.RECEIVE, "RECEIVE"],
  [MovementKindValue.ADJUST, "ADJUST"],
  [MovementKindValue.RESERVE, "RESERVE"],
  [MovementKindValue.COMMIT, "COMMIT"],
  [MovementKindValue.RELEASE, "RELEASE"],
  [MovementKindValue.EXPIRE, "EXPIRE"],
  [MovementKindValue.RETURN, "RETURN"],
]);

/** Lists the movements of one key, the newest first, with its state and the sums of all its movements. */
export function listStockMovements({ stock }: HandlerServices): MethodImpl<typeof method> {
  return async (request) => {
    const scope = { method, request };
    const pageSize = pageSizeOf(request);
    const page = await stock.listMovements({
      vendorItemId: request.vendorItemId,
      fulfillmentCenterId: request.fulfillmentCenterId,
      beforePosition: positionCursor(scope, request.pageToken),
      kind: kinds.get(request.kind),
      maxRows: pageSize + 1,
    });
    if (page === undefined) throw stockNotFound();
    const movements = page.movements.slice(0, pageSize);
    return create(ListStockMovementsResponseSchema, {
      movements: movements.map(movementMessage),
      nextPageToken: nextPageToken(scope, page.movements.length > pageSize ? movements.at(-1)?.position.toString() : undefined),
      onHandSum: page.onHandSum,
      reservedSum: page.reservedSum,
      stock: stockLevelMessage(page.stock),
    });
  };
}
