import type { Money } from "./money.ts";

/** What an admin says about a new product. */
export interface NewProduct {
  readonly vendorItemId: string;
  readonly name: string;
  readonly description: string;
  readonly price: Money;
  readonly tags: readonly string[];
}

/** Something that can be sold. Its stock is kept under `vendorItemId`, which never changes. */
export interface Product extends NewProduct {
  readonly productId: string;
  readonly createTime: Date;
  readonly updateTime: Date;
}

/** The values to change; what is absent stays. */
export type ProductChange = Partial<Pick<Product, "name" | "description" | "price" | "tags">>;

/** A name as it is searched: neither letter case nor compatibility forms (full-width letters, ligatures) matter. */
export function foldName(name: string): string {
  return name.normalize("NFKC").toLowerCase();
}
