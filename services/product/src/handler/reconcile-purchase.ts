import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { ReconcilePurchaseResponseSchema, type InventoryService } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { outcomeError } from "./errors.ts";
import type { HandlerServices } from "./services.ts";

/** Raises what is counted for a buyer of a deal to what the buyer's reservations add up to. */
export function reconcilePurchase({ writer }: HandlerServices): MethodImpl<typeof InventoryService.method.reconcilePurchase> {
  return async ({ dealId, userId }) => {
    const outcome = await writer.writeOnce((session) => session.reconcilePurchase(dealId.toLowerCase(), userId.toLowerCase()));
    if (outcome.kind !== "counted") throw outcomeError(outcome);
    return create(ReconcilePurchaseResponseSchema, { counted: outcome.counted });
  };
}
