import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { CreateDealResponseSchema, ProductService, type Deal as DealMessage } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import type { NewDeal } from "../domain/deal.ts";
import { dealMessage } from "../message/deal-message.ts";
import { outcomeError } from "./errors.ts";
import { createInputCheck, type InputCheck } from "./input-check.ts";
import { keyedWrite } from "./keyed-write.ts";
import type { HandlerServices } from "./services.ts";

const method = ProductService.method.createDeal;

/** Creates a deal. */
export function createDeal({ writer, clock }: HandlerServices): MethodImpl<typeof method> {
  return async (request, context) => {
    const check = createInputCheck();
    const input = readNewDeal(check, request.deal);
    check.done();
    return keyedWrite(writer, method, request, context, async (session) => {
      if (input === undefined) throw new Error("a deal with a fault passed its check");
      const outcome = await session.createDeal(input);
      if (outcome.kind !== "created") throw outcomeError(outcome);
      return create(CreateDealResponseSchema, { deal: dealMessage(outcome.deal, clock.now()) });
    });
  };
}

function readNewDeal(check: InputCheck, message: DealMessage | undefined): NewDeal | undefined {
  if (message === undefined) {
    check.add("deal", "is required");
    return undefined;
  }
  const { productId, fulfillmentCenterId, title, perUserLimit } = message;
  if (productId === "") check.add("deal.product_id", "is required");
  if (fulfillmentCenterId === "") check.add("deal.fulfillment_center_id", "is required");
  check.text("deal.title", title, { required: title !== "" });
  const price = check.price("deal.deal_price", message.dealPrice);
  const startTime = check.time("deal.start_time", message.startTime);
  const endTime = check.time("deal.end_time", message.endTime, { required: true });
  if (startTime !== undefined && endTime !== undefined && startTime >= endTime) check.add("deal.end_time", "must be after deal.start_time");
  if (price === undefined || endTime === undefined) return undefined;
  const ids = { productId: productId.toLowerCase(), fulfillmentCenterId };
  return { ...ids, title: title === "" ? undefined : title, price, startTime, endTime, perUserLimit };
}
