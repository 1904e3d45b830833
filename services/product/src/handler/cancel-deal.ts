import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { CancelDealResponseSchema, ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { dealMessage } from "../message/deal-message.ts";
import { outcomeError } from "./errors.ts";
import { keyedWrite } from "./keyed-write.ts";
import type { HandlerServices } from "./services.ts";

const method = ProductService.method.cancelDeal;

/** Cancels a deal. */
export function cancelDeal({ writer, clock }: HandlerServices): MethodImpl<typeof method> {
  return async (request, context) =>
    keyedWrite(writer, method, request, context, async (session) => {
      const outcome = await session.cancelDeal(request.dealId.toLowerCase());
      if (outcome.kind !== "cancelled") throw outcomeError(outcome);
      return create(CancelDealResponseSchema, { deal: dealMessage(outcome.deal, clock.now()) });
    });
}
