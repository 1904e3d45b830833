import { describe, expect, it } from "vitest";
import { contractMethods } from "../caller/contract.ts";
import { cases } from "./index.ts";
import { malformationsOf } from "./malformations.ts";
import { samplesOf, type Scene } from "./samples.ts";
import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";

const scene = {
  buyer: { userId: crypto.randomUUID(), email: "buyer@flashdeal.example", token: "token" },
  deal: { dealId: crypto.randomUUID(), product: { productId: crypto.randomUUID(), vendorItemId: "ITEM" }, key: { vendorItemId: "ITEM", fulfillmentCenterId: "ICN1" } },
  orderId: crypto.randomUUID(),
  shipmentId: crypto.randomUUID(),
} as unknown as Scene;

describe("conformance cases - as data", () => {
  it("are named `area - behaviour`, each once", () => {
    const names = cases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[^-]+ - .{10,}$/);
  });

  it("have a sample request for every method of the contract", () => {
    const samples = samplesOf(scene);
    expect(contractMethods.filter((method) => !samples.has(method)).map(({ name }) => name)).toEqual([]);
  });

  it("malformations follow the contract's rules", () => {
    const sample = samplesOf(scene).get(OrderService.method.createOrder);
    const labels = malformationsOf(OrderService.method.createOrder.input, sample as never).map(({ label }) => label);
    expect(labels).toEqual([
      "lines empty",
      "lines more than 100",
      "lines[0].deal_id missing",
      "lines[0].deal_id not a UUID",
      "lines[0].deal_id a UUID with a letter too many",
      "lines[0].quantity above 1000000",
      "lines[0].quantity 2^31 or more",
      "lines[0].quantity below 1",
      "lines[0].quantity far below",
      "request_id against its pattern",
      "request_id longer than 128",
    ]);
  });
});
