import assert from "node:assert/strict";
import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { InventoryService } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import type { ConformanceCase } from "../conformance-case.ts";
import { ok, refused } from "../world/expect.ts";
import { movementsOf } from "../world/stock-state.ts";

const { getProduct, listProducts } = ProductService.method;

/** Text that is odd, and none the worse for it. */
const oddTexts: readonly string[] = [
  "'; DROP TABLE product.products; --",
  "${7*7} {{7*7}} <script>alert(1)</script>",
  "\\ \\0 \\u0000 %00 %s %d",
  "한정판 스니커즈 👟 🇰🇷 e\u0301 \u202eright to left\u202c",
  "tab\tand\nline\r\nbreaks",
  "bell \u0007, escape \u001b[31m, unit separator \u001f, delete \u007f",
  "line separator \u2028 and byte order mark \ufeff",
  "__proto__ constructor toString",
  "null undefined NaN true",
];

/** What people write comes back as they wrote it. */
export const textCases: readonly ConformanceCase[] = [
  {
    name: "texts - odd text comes back as it was written",
    async run(world) {
      const { caller, make } = world;
      const buyer = await make.newBuyer();
      for (const text of oddTexts) {
        const product = await make.newProduct({ name: text, description: text, tags: [text.slice(0, 50)] });
        assert.deepEqual([product.name, product.description, product.tags], [text, text, [text.slice(0, 50)]]);
        assert.deepEqual((await ok(caller.unary(getProduct, { productId: product.productId }))).product, product);
        const { products } = await ok(caller.unary(listProducts, { vendorItemId: product.vendorItemId, nameContains: text }));
        assert.deepEqual(products, [product], text);
        const deal = await make.newDeal();
        const { orderId } = await make.newOrder(buyer, deal);
        const cancelled = await ok(caller.unary(OrderService.method.cancelOrder, { orderId, reason: text }, { token: buyer.token }));
        assert.equal(cancelled.order?.cancelReason, text);
        const token = await world.adminToken();
        await ok(caller.unary(InventoryService.method.adjustStock, { ...deal.key, delta: 1n, reason: text }, { token }));
        assert.ok((await movementsOf(world, deal.key)).some(({ reason }) => reason === text));
      }
    },
  },
  {
    name: "texts - lengths count characters, not bytes",
    async run({ caller, make, adminToken }) {
      const product = await make.newProduct({ name: "한".repeat(200), description: "👟".repeat(10_000) });
      assert.equal([...product.name].length, 200);
      assert.deepEqual((await ok(caller.unary(getProduct, { productId: product.productId }))).product, product);
      const tooLong = { vendorItemId: make.unique("ITEM"), name: "한".repeat(201), price: { currencyCode: "KRW", units: 1n } };
      await refused(caller.unary(ProductService.method.createProduct, { product: tooLong }, { token: await adminToken() }), "INVALID_INPUT", { field: "product.name" });
    },
  },
];
