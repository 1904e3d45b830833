import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { ProductService, UpdateProductResponseSchema, type Product as ProductMessage } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import type { ProductChange } from "../domain/product.ts";
import { productMessage } from "../message/product-message.ts";
import { outcomeError } from "./errors.ts";
import { createInputCheck, type InputCheck } from "./input-check.ts";
import { keyedWrite } from "./keyed-write.ts";
import { checkTags } from "./product-input.ts";
import type { HandlerServices } from "./services.ts";

const method = ProductService.method.updateProduct;

const changeable = ["name", "description", "price", "tags"] as const;

type Changeable = (typeof changeable)[number];

/** Changes the fields that the mask names, or those that are set where there is no mask. */
export function updateProduct({ writer }: HandlerServices): MethodImpl<typeof method> {
  return async (request, context) => {
    const check = createInputCheck();
    const { product } = request;
    if (product === undefined || product.productId === "") check.add("product.product_id", "is required");
    const paths = request.updateMask?.paths ?? [];
    const change = product === undefined ? {} : readChange(check, product, paths.length > 0 ? readMask(check, paths) : setFields(product));
    check.done();
    const productId = product?.productId.toLowerCase() ?? "";
    return keyedWrite(writer, method, request, context, async (session) => {
      const outcome = await session.updateProduct(productId, change);
      if (outcome.kind !== "updated") throw outcomeError(outcome);
      return create(UpdateProductResponseSchema, { product: productMessage(outcome.product) });
    });
  };
}

function readMask(check: InputCheck, paths: readonly string[]): ReadonlySet<Changeable> {
  const fields = new Set<Changeable>();
  for (const path of paths) {
    const field = changeable.find((candidate) => candidate === path);
    if (field === undefined) check.add("update_mask", `must name only ${changeable.join(", ")}; it names ${JSON.stringify(path.slice(0, 64))}`);
    else fields.add(field);
  }
  return fields;
}

function setFields(product: ProductMessage): ReadonlySet<Changeable> {
  const { name, description, price, tags } = product;
  const set = { name: name !== "", description: description !== "", price: price !== undefined, tags: tags.length > 0 };
  return new Set(changeable.filter((field) => set[field]));
}

function readChange(check: InputCheck, product: ProductMessage, fields: ReadonlySet<Changeable>): ProductChange {
  const { name, description, tags } = product;
  if (fields.has("name")) check.text("product.name", name, { required: true });
  if (fields.has("description")) check.text("product.description", description);
  if (fields.has("tags")) checkTags(check, "product", tags);
  const price = fields.has("price") ? check.price("product.price", product.price) : undefined;
  return {
    ...(fields.has("name") ? { name } : {}),
    ...(fields.has("description") ? { description } : {}),
    ...(fields.has("tags") ? { tags } : {}),
    ...(price === undefined ? {} : { price }),
  };
}
