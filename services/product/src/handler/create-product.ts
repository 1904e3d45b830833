import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { CreateProductResponseSchema, ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { productMessage } from "../message/product-message.ts";
import { outcomeError } from "./errors.ts";
import { createInputCheck } from "./input-check.ts";
import { keyedWrite } from "./keyed-write.ts";
import { readNewProduct } from "./product-input.ts";
import type { HandlerServices } from "./services.ts";

const method = ProductService.method.createProduct;

/** Creates a product. */
export function createProduct({ writer }: HandlerServices): MethodImpl<typeof method> {
  return async (request, context) => {
    const check = createInputCheck();
    const input = readNewProduct(check, "product", request.product);
    check.done();
    return keyedWrite(writer, method, request, context, async (session) => {
      const outcome = await session.createProducts(input === undefined ? [] : [input]);
      if (outcome.kind !== "created") throw outcomeError(outcome);
      const [product] = outcome.products;
      return create(CreateProductResponseSchema, product === undefined ? {} : { product: productMessage(product) });
    });
  };
}
