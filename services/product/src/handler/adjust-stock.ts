import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { AdjustStockResponseSchema, InventoryService } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { stockLevelMessage } from "../message/stock-message.ts";
import { outcomeError } from "./errors.ts";
import { createInputCheck } from "./input-check.ts";
import { actorOf, keyedWrite } from "./keyed-write.ts";
import type { HandlerServices } from "./services.ts";

const method = InventoryService.method.adjustStock;

/** Corrects the units on hand. */
export function adjustStock({ writer }: HandlerServices): MethodImpl<typeof method> {
  return async (request, context) => {
    const { vendorItemId, fulfillmentCenterId, delta, reason } = request;
    const check = createInputCheck();
    check.text("reason", reason, { required: true });
    check.done();
    return keyedWrite(writer, method, request, context, async (session) => {
      const outcome = await session.adjustStock({ vendorItemId, fulfillmentCenterId, delta, reason, actor: actorOf(context) });
      if (outcome.kind !== "adjusted") throw outcomeError(outcome);
      return create(AdjustStockResponseSchema, { stock: stockLevelMessage(outcome.stock) });
    });
  };
}
