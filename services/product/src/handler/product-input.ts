import type { Product as ProductMessage } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import type { NewProduct } from "../domain/product.ts";
import type { InputCheck } from "./input-check.ts";

/** Reads a new product at `field`; undefined where something is wrong, which `check` then knows. */
export function readNewProduct(check: InputCheck, field: string, message: ProductMessage | undefined): NewProduct | undefined {
  if (message === undefined) {
    check.add(field, "is required");
    return undefined;
  }
  const { vendorItemId, name, description, tags } = message;
  if (vendorItemId === "") check.add(`${field}.vendor_item_id`, "is required");
  check.text(`${field}.name`, name, { required: true });
  check.text(`${field}.description`, description);
  checkTags(check, field, tags);
  const price = check.price(`${field}.price`, message.price);
  return price === undefined ? undefined : { vendorItemId, name, description, tags, price };
}

/** Checks the labels of the product at `field`. */
export function checkTags(check: InputCheck, field: string, tags: readonly string[]): void {
  for (const [index, tag] of tags.entries()) check.text(`${field}.tags[${index}]`, tag);
}
