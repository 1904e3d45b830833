import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { GetProductResponseSchema, type ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { productMessage } from "../message/product-message.ts";
import { outcomeError } from "./errors.ts";
import type { HandlerServices } from "./services.ts";

/** Answers one product. */
export function getProduct({ catalogue }: HandlerServices): MethodImpl<typeof ProductService.method.getProduct> {
  return async ({ productId }) => {
    const product = await catalogue.getProduct(productId);
    if (product === undefined) throw outcomeError({ kind: "product-not-found", productId });
    return create(GetProductResponseSchema, { product: productMessage(product) });
  };
}
