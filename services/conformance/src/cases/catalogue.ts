import assert from "node:assert/strict";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { DealState, ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import type { ConformanceCase } from "../conformance-case.ts";
import { ok, present, refused } from "../world/expect.ts";
import { allPages } from "../world/pages.ts";

const methods = ProductService.method;
const price = { currencyCode: "KRW", units: 1_000n };
const hourMs = 3_600_000;

/** Products and deals. */
export const catalogueCases: readonly ConformanceCase[] = [
  {
    name: "catalogue - a product is found by id and by item",
    async run({ caller, make }) {
      const product = await make.newProduct({ description: "Größe 42, 한정판", tags: ["shoe", "new"], price: { currencyCode: "USD", units: 19n, nanos: 990_000_000 } });
      const found = await ok(caller.unary(methods.getProduct, { productId: product.productId }));
      assert.deepEqual(found.product, product);
      assert.equal(found.product?.description, "Größe 42, 한정판");
      assert.equal(found.product?.price?.nanos, 990_000_000);
      const { products } = await ok(caller.unary(methods.listProducts, { vendorItemId: product.vendorItemId }));
      assert.deepEqual(products, [product]);
    },
  },
  {
    name: "catalogue - an item belongs to one product",
    async run({ caller, make, adminToken }) {
      const { vendorItemId } = await make.newProduct();
      await refused(caller.unary(methods.createProduct, { product: { vendorItemId, name: "Twin", price } }, { token: await adminToken() }), "VENDOR_ITEM_TAKEN");
    },
  },
  {
    name: "catalogue - a batch of products is created in order, all or none",
    async run({ caller, make, adminToken }) {
      const token = await adminToken();
      const taken = await make.newProduct();
      const items = Array.from({ length: 20 }, () => ({ vendorItemId: make.unique("BATCH"), name: "Batch", price }));
      const created = await ok(caller.unary(methods.batchCreateProducts, { products: items }, { token }));
      assert.deepEqual(created.products.map(({ vendorItemId }) => vendorItemId), items.map(({ vendorItemId }) => vendorItemId));
      const fresh = { vendorItemId: make.unique("BATCH"), name: "Batch", price };
      const twin = { ...fresh, vendorItemId: taken.vendorItemId };
      await refused(caller.unary(methods.batchCreateProducts, { products: [fresh, twin] }, { token }), "VENDOR_ITEM_TAKEN");
      assert.deepEqual((await ok(caller.unary(methods.listProducts, { vendorItemId: fresh.vendorItemId }))).products, []);
    },
  },
  {
    name: "catalogue - an update changes what its mask names",
    async run({ caller, make, adminToken }) {
      const token = await adminToken();
      const before = await make.newProduct({ description: "before", tags: ["a"] });
      const product = { productId: before.productId, name: "After", description: "ignored" };
      const { product: after } = await ok(caller.unary(methods.updateProduct, { product, updateMask: { paths: ["name"] } }, { token }));
      assert.deepEqual([after?.name, after?.description, after?.tags], ["After", "before", ["a"]]);
      const cleared = await ok(caller.unary(methods.updateProduct, { product: { productId: before.productId }, updateMask: { paths: ["description", "tags"] } }, { token }));
      assert.deepEqual([cleared.product?.name, cleared.product?.description, cleared.product?.tags], ["After", "", []]);
    },
  },
  {
    name: "catalogue - an update without a mask changes what is set",
    async run({ caller, make, adminToken }) {
      const before = await make.newProduct({ description: "before" });
      const request = { product: { productId: before.productId, price } };
      const { product: after } = await ok(caller.unary(methods.updateProduct, request, { token: await adminToken() }));
      assert.deepEqual([after?.price?.units, after?.name, after?.description], [1_000n, before.name, "before"]);
    },
  },
  {
    name: "catalogue - a deleted product is gone; one that a deal sells stays",
    async run({ caller, make, adminToken }) {
      const token = await adminToken();
      const { productId } = await make.newProduct();
      await ok(caller.unary(methods.deleteProduct, { productId }, { token }));
      await refused(caller.unary(methods.getProduct, { productId }), "PRODUCT_NOT_FOUND");
      const { product, dealId } = await make.newDeal();
      await refused(caller.unary(methods.deleteProduct, { productId: product.productId }, { token }), "PRODUCT_IN_USE");
      await ok(caller.unary(methods.cancelDeal, { dealId }, { token }));
      await ok(caller.unary(methods.deleteProduct, { productId: product.productId }, { token }));
    },
  },
  {
    name: "catalogue - a deal has the product's item and its state by the clock",
    async run({ caller, make }) {
      const running = await make.newDeal({ perUserLimit: 3 });
      assert.deepEqual([running.deal.state, running.deal.vendorItemId, running.deal.perUserLimit], [DealState.ACTIVE, running.product.vendorItemId, 3n]);
      assert.ok(running.deal.startTime !== undefined);
      const later = await make.newDeal({ deal: { startTime: timestampFromMs(Date.now() + hourMs), endTime: timestampFromMs(Date.now() + 2 * hourMs) } });
      assert.equal(later.deal.state, DealState.SCHEDULED);
      const past = await make.newDeal({ deal: { startTime: timestampFromMs(Date.now() - 2 * hourMs), endTime: timestampFromMs(Date.now() - hourMs) } });
      assert.equal(past.deal.state, DealState.ENDED);
      for (const { deal } of [running, later, past]) {
        assert.deepEqual((await ok(caller.unary(methods.getDeal, { dealId: deal.dealId }))).deal, deal);
        const { deals } = await ok(caller.unary(methods.listDeals, { productId: deal.productId, state: deal.state }));
        assert.deepEqual(deals, [deal]);
      }
    },
  },
  {
    name: "catalogue - a deal without a title has the product's name",
    async run({ make }) {
      const { deal, product } = await make.newDeal({ deal: { title: "" } });
      assert.equal(deal.title, product.name);
    },
  },
  {
    name: "catalogue - cancelling a deal twice answers the same",
    async run({ caller, make, adminToken }) {
      const token = await adminToken();
      const { dealId } = await make.newDeal();
      const first = await ok(caller.unary(methods.cancelDeal, { dealId }, { token }));
      assert.equal(first.deal?.state, DealState.CANCELLED);
      assert.deepEqual(await ok(caller.unary(methods.cancelDeal, { dealId }, { token })), first);
    },
  },
  {
    name: "catalogue - pages are the newest first, without gaps or duplicates, while others write",
    async run({ caller, make }) {
      const tag = make.unique("tag");
      const created = [];
      for (let count = 0; count < 7; count++) created.push((await make.newProduct({ tags: [tag] })).productId);
      const listed = await allPages(async (pageToken) => {
        const page = await ok(caller.unary(methods.listProducts, { tag, pageSize: 3, pageToken }));
        assert.ok(page.products.length <= 3);
        if (pageToken === "") await make.newProduct({ tags: [tag] });
        return { items: page.products, nextPageToken: page.nextPageToken };
      });
      assert.deepEqual(listed.map(({ productId }) => productId), created.toReversed());
    },
  },
  {
    name: "catalogue - a page token is good for its own list only",
    async run({ caller, make }) {
      const tag = make.unique("tag");
      for (let count = 0; count < 2; count++) await make.newProduct({ tags: [tag] });
      const { nextPageToken } = await ok(caller.unary(methods.listProducts, { tag, pageSize: 1 }));
      assert.notEqual(nextPageToken, "");
      await refused(caller.unary(methods.listProducts, { tag: `${tag}x`, pageSize: 1, pageToken: nextPageToken }), "PAGE_TOKEN_INVALID");
      await refused(caller.unary(methods.listDeals, { pageSize: 1, pageToken: nextPageToken }), "PAGE_TOKEN_INVALID");
      await refused(caller.unary(methods.listProducts, { pageToken: "nonsense" }), "PAGE_TOKEN_INVALID");
    },
  },
  {
    name: "catalogue - names are found by a part of them, signs taken as they are",
    async run({ caller, make }) {
      const mark = make.unique("mark");
      const product = await make.newProduct({ name: `100%_${mark}` });
      const find = async (nameContains: string) => (await ok(caller.unary(methods.listProducts, { nameContains }))).products.map(({ productId }) => productId);
      assert.deepEqual(await find(`%_${mark.toUpperCase()}`), [product.productId]);
      assert.deepEqual(await find(`_%${mark}`), []);
    },
  },
  {
    name: "catalogue - repeating a write with the same key answers the same, another payload is refused",
    async run({ caller, make, adminToken }) {
      const options = { token: await adminToken(), key: make.unique("key") };
      const product = { vendorItemId: make.unique("ITEM"), name: "Keyed", price };
      const first = await ok(caller.unary(methods.createProduct, { product }, options));
      assert.deepEqual(await ok(caller.unary(methods.createProduct, { product }, options)), first);
      await refused(caller.unary(methods.createProduct, { product: { ...product, name: "Other" } }, options), "REQUEST_ID_REUSED");
      const { productId } = present(first.product);
      const end = { productId, fulfillmentCenterId: "ICN1", dealPrice: price, endTime: timestampFromMs(Date.now() + hourMs) };
      const deal = await ok(caller.unary(methods.createDeal, { deal: end }, options));
      assert.deepEqual(await ok(caller.unary(methods.createDeal, { deal: end }, options)), deal);
    },
  },
];
