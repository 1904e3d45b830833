import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { BatchCreateProductsResponseSchema, ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import type { NewProduct } from "../domain/product.ts";
import { productMessage } from "../message/product-message.ts";
import { outcomeError } from "./errors.ts";
import { createInputCheck } from "./input-check.ts";
import { keyedWrite } from "./keyed-write.ts";
import { readNewProduct } from "./product-input.ts";
import type { HandlerServices } from "./services.ts";

const method = ProductService.method.batchCreateProducts;

/** Creates products, all or none. */
export function batchCreateProducts({ writer }: HandlerServices): MethodImpl<typeof method> {
  return async (request, context) => {
    const check = createInputCheck();
    const inputs: NewProduct[] = [];
    const firstWith = new Map<string, number>();
    for (const [index, message] of request.products.entries()) {
      const field = `products[${index}]`;
      const input = readNewProduct(check, field, message);
      if (input === undefined) continue;
      const first = firstWith.get(input.vendorItemId);
      if (first !== undefined) check.add(`${field}.vendor_item_id`, `must differ from that of products[${first}]`);
      firstWith.set(input.vendorItemId, first ?? index);
      inputs.push(input);
    }
    check.done();
    return keyedWrite(writer, method, request, context, async (session) => {
      const outcome = await session.createProducts(inputs);
      if (outcome.kind !== "created") throw outcomeError(outcome);
      return create(BatchCreateProductsResponseSchema, { products: outcome.products.map(productMessage) });
    });
  };
}
