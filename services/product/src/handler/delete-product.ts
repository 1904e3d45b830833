import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { DeleteProductResponseSchema, ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { outcomeError } from "./errors.ts";
import { keyedWrite } from "./keyed-write.ts";
import type { HandlerServices } from "./services.ts";

const method = ProductService.method.deleteProduct;

/** Deletes a product that no open deal sells. */
export function deleteProduct({ writer }: HandlerServices): MethodImpl<typeof method> {
  return async (request, context) =>
    keyedWrite(writer, method, request, context, async (session) => {
      const outcome = await session.deleteProduct(request.productId.toLowerCase());
      if (outcome.kind !== "deleted") throw outcomeError(outcome);
      return create(DeleteProductResponseSchema);
    });
}
