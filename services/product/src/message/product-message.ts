import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { ProductSchema, type Product as ProductMessage } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import type { Product } from "../domain/product.ts";
import { moneyMessage } from "./money-message.ts";

/** A product as the contract says it, in answers and events. */
export function productMessage(product: Product): ProductMessage {
  return create(ProductSchema, {
    productId: product.productId,
    vendorItemId: product.vendorItemId,
    name: product.name,
    description: product.description,
    price: moneyMessage(product.price),
    tags: [...product.tags],
    createTime: timestampFromDate(product.createTime),
    updateTime: timestampFromDate(product.updateTime),
  });
}
