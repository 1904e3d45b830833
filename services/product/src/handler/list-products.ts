import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { ListProductsResponseSchema, ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { productMessage } from "../message/product-message.ts";
import { createInputCheck } from "./input-check.ts";
import { nextPageToken, pageSizeOf, uuidCursor } from "./paging.ts";
import type { HandlerServices } from "./services.ts";

const method = ProductService.method.listProducts;

/** Lists products, the newest first. */
export function listProducts({ catalogue }: HandlerServices): MethodImpl<typeof method> {
  return async (request) => {
    const check = createInputCheck();
    check.text("tag", request.tag);
    check.text("name_contains", request.nameContains);
    check.done();
    const scope = { method, request };
    const pageSize = pageSizeOf(request);
    const rows = await catalogue.listProducts({
      beforeProductId: uuidCursor(scope, request.pageToken),
      tag: request.tag || undefined,
      nameContains: request.nameContains || undefined,
      vendorItemId: request.vendorItemId || undefined,
      maxRows: pageSize + 1,
    });
    const products = rows.slice(0, pageSize);
    const token = nextPageToken(scope, rows.length > pageSize ? products.at(-1)?.productId : undefined);
    return create(ListProductsResponseSchema, { products: products.map(productMessage), nextPageToken: token });
  };
}
