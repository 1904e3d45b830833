import type { Transaction } from "@flashdeal/runtime/database";
import { outboxRow } from "@flashdeal/runtime/outbox";
import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { ProductCreatedSchema, ProductDeletedSchema, ProductUpdatedSchema } from "@flashdeal/proto/flashdeal/product/v1/product_events_pb";
import { newId } from "@flashdeal/runtime/ids";
import type { Clock, WriteSession } from "../domain/ports.ts";
import { foldName, type NewProduct, type Product } from "../domain/product.ts";
import { productMessage } from "../message/product-message.ts";
import { appendEvents } from "./append-events.ts";
import { countOpenDeals } from "./gen/deals.sql.ts";
import { deleteProduct, insertProducts, lockProduct, updateProduct } from "./gen/products.sql.ts";
import { toProduct } from "./rows.ts";

/** The writes of products in one transaction. */
export function createProductWrites(
  tx: Transaction,
  clock: Clock,
): Pick<WriteSession, "createProducts" | "updateProduct" | "deleteProduct"> {
  return {
    createProducts: (products) => createProducts(tx, products, clock.now()),
    async updateProduct(productId, change) {
      const row = await lockProduct(tx, { productId });
      if (row === undefined) return { kind: "product-not-found", productId };
      const before = toProduct(row);
      if (Object.values(change).every((value) => value === undefined)) return { kind: "updated", product: before };
      const product = { ...before, ...change, updateTime: clock.now() };
      const { name, description, price, tags, updateTime } = product;
      const columns = { priceCurrency: price.currencyCode, priceUnits: price.units, priceNanos: price.nanos };
      await updateProduct(tx, { productId, name, nameFolded: foldName(name), description, ...columns, tags, updateTime });
      const event = create(ProductUpdatedSchema, { product: productMessage(product) });
      await appendEvents(tx, [outboxRow(ProductUpdatedSchema, event, { aggregateKey: productId })], updateTime);
      return { kind: "updated", product };
    },
    async deleteProduct(productId) {
      const row = await lockProduct(tx, { productId });
      if (row === undefined) return { kind: "product-not-found", productId };
      const now = clock.now();
      const openDeals = (await countOpenDeals(tx, { productId, now }))?.deals ?? 0n;
      if (openDeals > 0n) return { kind: "product-in-use", openDeals };
      await deleteProduct(tx, { productId, deleteTime: now });
      const event = create(ProductDeletedSchema, { productId, deleteTime: timestampFromDate(now) });
      await appendEvents(tx, [outboxRow(ProductDeletedSchema, event, { aggregateKey: productId })], now);
      return { kind: "deleted" };
    },
  };
}

async function createProducts(tx: Transaction, inputs: readonly NewProduct[], now: Date): ReturnType<WriteSession["createProducts"]> {
  const products = inputs.map((input): Product => ({ ...input, productId: newId(), createTime: now, updateTime: now }));
  const inserted = await insertProducts(tx, {
    createTime: now,
    productIds: products.map((product) => product.productId),
    vendorItemIds: products.map((product) => product.vendorItemId),
    names: products.map((product) => product.name),
    namesFolded: products.map((product) => foldName(product.name)),
    descriptions: products.map((product) => product.description),
    priceCurrencies: products.map((product) => product.price.currencyCode),
    priceUnits: products.map((product) => product.price.units),
    priceNanos: products.map((product) => product.price.nanos),
    tags: products.map((product) => product.tags),
  });
  if (inserted.length < products.length) {
    const fresh = new Set(inserted.map((row) => row.productId));
    return { kind: "vendor-item-taken", vendorItemIds: products.flatMap((p) => (fresh.has(p.productId) ? [] : [p.vendorItemId])) };
  }
  const events = products.map((product) =>
    outboxRow(ProductCreatedSchema, create(ProductCreatedSchema, { product: productMessage(product) }), { aggregateKey: product.productId }),
  );
  await appendEvents(tx, events, now);
  return { kind: "created", products };
}
