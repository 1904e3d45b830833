import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { ReconcileStockResponseSchema, type InventoryService } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { stockLevelMessage } from "../message/stock-message.ts";
import { outcomeError } from "./errors.ts";
import { createInputCheck } from "./input-check.ts";
import { actorOf } from "./keyed-write.ts";
import type { HandlerServices } from "./services.ts";

/** Brings the state and the movements of a key back together. Repeating it changes nothing but the version. */
export function reconcileStock({ writer }: HandlerServices): MethodImpl<typeof InventoryService.method.reconcileStock> {
  return async ({ vendorItemId, fulfillmentCenterId, reason }, context) => {
    const check = createInputCheck();
    check.text("reason", reason, { required: true });
    check.done();
    const outcome = await writer.writeOnce((session) => session.reconcileStock({ vendorItemId, fulfillmentCenterId, reason, actor: actorOf(context) }));
    if (outcome.kind !== "adjusted") throw outcomeError(outcome);
    return create(ReconcileStockResponseSchema, { stock: stockLevelMessage(outcome.stock) });
  };
}
