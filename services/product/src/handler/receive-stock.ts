import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { InventoryService, ReceiveStockResponseSchema } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { stockLevelMessage } from "../message/stock-message.ts";
import { createInputCheck } from "./input-check.ts";
import { actorOf, keyedWrite } from "./keyed-write.ts";
import type { HandlerServices } from "./services.ts";

const method = InventoryService.method.receiveStock;

/** Adds units that arrived. */
export function receiveStock({ writer }: HandlerServices): MethodImpl<typeof method> {
  return async (request, context) => {
    const { vendorItemId, fulfillmentCenterId, quantity, reason } = request;
    const check = createInputCheck();
    check.text("reason", reason);
    check.done();
    return keyedWrite(writer, method, request, context, async (session) => {
      const receipt = { vendorItemId, fulfillmentCenterId, delta: quantity, reason, actor: actorOf(context) };
      return create(ReceiveStockResponseSchema, { stock: stockLevelMessage(await session.receiveStock(receipt)) });
    });
  };
}
