import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { RepublishStockResponseSchema, type InventoryService } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { stockLevelMessage } from "../message/stock-message.ts";
import { outcomeError } from "./errors.ts";
import type { HandlerServices } from "./services.ts";

/** Tells the state of a key anew. Repeating it changes nothing but the version. */
export function republishStock({ writer }: HandlerServices): MethodImpl<typeof InventoryService.method.republishStock> {
  return async ({ vendorItemId, fulfillmentCenterId, aboveVersion }) => {
    const outcome = await writer.writeOnce((session) => session.republishStock({ vendorItemId, fulfillmentCenterId }, aboveVersion));
    if (outcome.kind !== "adjusted") throw outcomeError(outcome);
    return create(RepublishStockResponseSchema, { stock: stockLevelMessage(outcome.stock) });
  };
}
