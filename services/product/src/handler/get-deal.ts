import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { GetDealResponseSchema, type ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { dealMessage } from "../message/deal-message.ts";
import { outcomeError } from "./errors.ts";
import type { HandlerServices } from "./services.ts";

/** Answers one deal. */
export function getDeal({ catalogue, clock }: HandlerServices): MethodImpl<typeof ProductService.method.getDeal> {
  return async ({ dealId }) => {
    const deal = await catalogue.getDeal(dealId);
    if (deal === undefined) throw outcomeError({ kind: "deal-not-found", dealId });
    return create(GetDealResponseSchema, { deal: dealMessage(deal, clock.now()) });
  };
}
