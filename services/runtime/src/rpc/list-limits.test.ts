import { create } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { BatchCreateProductsRequestSchema } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { ReserveStockRequestSchema } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { BatchGetStocksRequestSchema, GetStockRequestSchema } from "@flashdeal/proto/flashdeal/stock/v1/stock_query_service_pb";
import { describe, expect, test } from "vitest";
import { cpuMsOf } from "../testing/cpu-time.ts";
import { listLimitCheckOf } from "./list-limits.ts";
import { checkMessage } from "./validation-interceptor.ts";

const some = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);

describe("list limits", () => {
  test("lists - those within the contract's limits pass, and a type without lists has no check", () => {
    expect(listLimitCheckOf(BatchGetStocksRequestSchema)?.(create(BatchGetStocksRequestSchema, { keys: some(1_000, {}) }))).toBeUndefined();
    expect(listLimitCheckOf(GetStockRequestSchema)).toBeUndefined();
  });

  test("lists - one that is too long is named, also inside of an item", () => {
    const entries = [{ lines: some(100, {}) }, { lines: some(101, {}) }];
    expect(listLimitCheckOf(ReserveStockRequestSchema)?.(create(ReserveStockRequestSchema, { entries }))).toEqual({
      field: "entries[1].lines",
      description: "must contain no more than 100 item(s)",
    });
    const products = [{ tags: some(10_000, "a") }];
    expect(listLimitCheckOf(BatchCreateProductsRequestSchema)?.(create(BatchCreateProductsRequestSchema, { products }))?.field).toBe("products[0].tags");
  });

  test("lists - a body full of bad items is refused without a look at any of them", async () => {
    const message = create(BatchGetStocksRequestSchema, { keys: some(200_000, { vendorItemId: "\0" }) });
    const validator = createValidator();
    const check = () => expect(() => checkMessage(validator, BatchGetStocksRequestSchema, message)).toThrow("keys must contain no more than 1000 item(s)");
    expect(await cpuMsOf(check)).toBeLessThan(1_000);
  });
});
