import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import type { DescMethod } from "@bufbuild/protobuf";
import { toFailure } from "../caller/rest-caller.ts";
import { contractMethods } from "../caller/contract.ts";
import { hasRestRoute, restBodyOf, toRestRequest } from "../caller/rest-request.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { failureOffence, faultOffence, ok, present } from "../world/expect.ts";
import type { World } from "../world/world.ts";
import { titleOf, tokenFor } from "./methods.ts";
import { footprint, newScene, samplesOf } from "./samples.ts";
import { ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";

const json = "application/json";
/** More than the largest body that a gateway can be configured to take. */
const hugeBodyBytes = 17 * 1024 * 1024;

interface Nonsense {
  readonly label: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly contentType?: string;
  /** The reason; undefined: anything but a fault of the server or success. */
  readonly reason: string | undefined;
}

const nonsense: readonly Nonsense[] = [
  { label: "broken JSON", body: '{"a":', reason: "MALFORMED_REQUEST" },
  { label: "no JSON", body: "quantity=1", reason: "MALFORMED_REQUEST" },
  { label: "text after JSON", body: "{} {}", reason: "MALFORMED_REQUEST" },
  { label: "invalid UTF-8", body: Uint8Array.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), reason: "MALFORMED_REQUEST" },
  { label: "a member named twice", body: '{"requestId":"a","requestId":"b"}', reason: "MALFORMED_REQUEST" },
  { label: "a list", body: "[]", reason: undefined },
  { label: "a number", body: "42", reason: undefined },
  { label: "a string", body: '"x"', reason: undefined },
  { label: "an unknown field", body: '{"noSuchField":1}', reason: undefined },
  { label: "a prototype", body: '{"__proto__":{"admin":true}}', reason: undefined },
  { label: "deep nesting", body: "[".repeat(100_000), reason: undefined },
  { label: "a deep object", body: `${'{"lines":'.repeat(5_000)}1${"}".repeat(5_000)}`, reason: undefined },
  { label: "plain text", body: "{}", contentType: "text/plain", reason: "UNSUPPORTED_MEDIA_TYPE" },
  { label: "a form", body: "a=1", contentType: "application/x-www-form-urlencoded", reason: "UNSUPPORTED_MEDIA_TYPE" },
  { label: "XML", body: "<a/>", contentType: "application/xml", reason: "UNSUPPORTED_MEDIA_TYPE" },
];

/** Requests that no client of the contract would send. */
export const nonsenseRestCases: readonly ConformanceCase[] = [
  {
    name: "nonsense over REST - bodies that cannot be read are refused by every method that takes one",
    protocols: ["rest"],
    timeoutMs: 60_000,
    async run(world) {
      const scene = await newScene(world);
      const before = await footprint(world, scene);
      const offences: string[] = [];
      for (const method of contractMethods.filter((each) => hasRestRoute(each) && restBodyOf(each) !== "")) {
        const token = await tokenFor(world, scene, method);
        const { httpMethod, path } = toRestRequest(method, present(samplesOf(scene).get(method)) as never);
        for (const { label, body, contentType = json, reason } of nonsense) {
          const headers = { "content-type": contentType, "idempotency-key": world.make.unique("key"), ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
          const offence = await offenceOf(world, path, { method: httpMethod, headers, body }, reason);
          if (offence !== undefined && !(label === "a prototype" && isEmptyAllowed(method))) offences.push(`${titleOf(method)}, ${label}: ${offence}`);
        }
      }
      assert.deepEqual(offences, []);
      assert.deepEqual(await footprint(world, scene), before);
    },
  },
  {
    name: "nonsense over REST - a huge body is refused",
    protocols: ["rest"],
    async run(world) {
      const request = { method: "POST", headers: { "content-type": json }, body: JSON.stringify({ email: "x".repeat(hugeBodyBytes) }) };
      try {
        assert.equal(await offenceOf(world, "/v1/auth/login", request, "REQUEST_TOO_LARGE"), undefined);
      } catch (error) {
        // The gateway may hang up before all of it was sent; it must still be up.
        assert.ok(error instanceof TypeError);
      }
      assert.equal((await world.rawRest("/v1/deals")).status, 200);
    },
  },
  {
    name: "nonsense over REST - wrong types and numbers out of range name the field",
    protocols: ["rest"],
    async run(world) {
      const { buyer, deal } = await newScene(world);
      const order = (line: object) => ({ path: "/v1/orders", token: buyer.token, body: { lines: [{ dealId: deal.dealId, ...line }] } });
      const token = await world.adminToken();
      const receive = (quantity: unknown) => ({ path: `/v1/stocks/${deal.key.vendorItemId}/ICN1:receive`, token, body: { quantity } });
      const attempts = [
        [order({ quantity: "abc" }), "lines[0].quantity"],
        [order({ quantity: 1.5 }), "lines[0].quantity"],
        [order({ quantity: "9223372036854775808" }), "lines[0].quantity"],
        [order({ quantity: 1e30 }), "lines[0].quantity"],
        [order({ quantity: true }), "lines[0].quantity"],
        [order({ quantity: " " }), "lines[0].quantity"],
        [order({ quantity: " 1" }), "lines[0].quantity"],
        [order({ quantity: "+1" }), "lines[0].quantity"],
        [order({ quantity: "0x1" }), "lines[0].quantity"],
        [order({ quantity: "9".repeat(100_000) }), "lines[0].quantity"],
        [order({ quantity: "2147483648" }), "lines[0].quantity"],
        [order({ quantity: -1 }), "lines[0].quantity"],
        [order({ quantity: 1, dealId: 42 }), "lines[0].deal_id"],
        [receive("1e400"), "quantity"],
        [receive({}), "quantity"],
        [receive([1]), "quantity"],
      ] as const;
      const offences: string[] = [];
      for (const [{ path, token: bearer, body }, field] of attempts) {
        const headers = { "content-type": json, authorization: `Bearer ${bearer}`, "idempotency-key": world.make.unique("key") };
        const offence = await offenceOf(world, path, { method: "POST", headers, body: JSON.stringify(body) }, "INVALID_INPUT", field);
        if (offence !== undefined) offences.push(`${JSON.stringify(body)}: ${offence}`);
      }
      assert.deepEqual(offences, []);
      assert.equal((await ok(world.caller.unary(ProductService.method.listProducts, { vendorItemId: deal.key.vendorItemId }))).products.length, 1);
    },
  },
  {
    name: "nonsense over REST - times that no calendar has name the field",
    protocols: ["rest"],
    async run(world) {
      const { deal } = await newScene(world);
      const headers = { "content-type": json, authorization: `Bearer ${await world.adminToken()}` };
      const offences: string[] = [];
      for (const endTime of ["2099-02-30T00:00:00Z", "2099-02-29T00:00:00Z", "2099-01-01T24:00:00Z", "2099-13-01T00:00:00Z", "2099-01-01", 1]) {
        const { productId, fulfillmentCenterId, dealPrice } = deal.deal;
        const body = JSON.stringify({ productId, fulfillmentCenterId, dealPrice: { currencyCode: dealPrice?.currencyCode, units: "1" }, endTime });
        const offence = await offenceOf(world, "/v1/deals", { method: "POST", headers, body }, "INVALID_INPUT", "deal.end_time");
        if (offence !== undefined) offences.push(`${endTime}: ${offence}`);
      }
      assert.deepEqual(offences, []);
    },
  },
  {
    name: "nonsense over REST - a compressed body is refused",
    protocols: ["rest"],
    async run(world) {
      const headers = { "content-type": json, "content-encoding": "gzip" };
      const request = { method: "POST", headers, body: gzipSync(JSON.stringify({ email: "a@flashdeal.example", password: "correct-horse" })) };
      assert.equal(await offenceOf(world, "/v1/auth/login", request, "UNSUPPORTED_MEDIA_TYPE"), undefined);
    },
  },
  {
    name: "nonsense over REST - queries that cannot be read name the parameter",
    protocols: ["rest"],
    async run(world) {
      const attempts = [
        ["/v1/products?pageSize=abc", "page_size"],
        ["/v1/products?pageSize=1.5", "page_size"],
        ["/v1/products?pageSize=99999999999", "page_size"],
        ["/v1/products?page_size=1001", "page_size"],
        ["/v1/deals?state=NONSENSE", "state"],
        ["/v1/deals?state=99", "state"],
        ["/v1/deals?productId=nonsense", "product_id"],
      ] as const;
      const offences: string[] = [];
      for (const [path, field] of attempts) {
        const offence = await offenceOf(world, path, {}, "INVALID_INPUT", field);
        if (offence !== undefined) offences.push(`${path}: ${offence}`);
      }
      assert.deepEqual(offences, []);
    },
  },
  {
    name: "nonsense over REST - unknown paths and methods are told apart",
    protocols: ["rest"],
    async run(world) {
      const attempts = [
        ["GET", "/v1/nonsense", "ROUTE_NOT_FOUND"],
        ["GET", "/v1/orders/1/2/3", "ROUTE_NOT_FOUND"],
        ["GET", "/v2/products", "ROUTE_NOT_FOUND"],
        ["GET", "/v1/products/..%2f..%2fetc", undefined],
        ["GET", "/v1/products/%zz", undefined],
        ["GET", "/v1/products/%ff", undefined],
        ["GET", "/v1/products/%00", undefined],
        ["GET", `/v1/products/${"x".repeat(10_000)}`, undefined],
        ["GET", "//v1//products//", undefined],
        ["PUT", "/v1/orders", "METHOD_NOT_ALLOWED"],
        ["PROPFIND", "/v1/orders", "METHOD_NOT_ALLOWED"],
        ["QUERY", "/v1/orders", "METHOD_NOT_ALLOWED"],
        ["DELETE", "/v1/orders", "METHOD_NOT_ALLOWED"],
        ["GET", "/v1/auth/login", "METHOD_NOT_ALLOWED"],
        ["POST", "/v1/orders/x:watch", "METHOD_NOT_ALLOWED"],
      ] as const;
      const offences: string[] = [];
      for (const [method, path, reason] of attempts) {
        const offence = await offenceOf(world, path, { method }, reason);
        if (offence !== undefined) offences.push(`${method} ${path.slice(0, 60)}: ${offence}`);
      }
      assert.deepEqual(offences, []);
      const { headers } = await world.rawRest("/v1/auth/login");
      assert.equal(headers.get("allow")?.includes("POST"), true, "the header Allow");
    },
  },
  {
    name: "nonsense over REST - what only services may call has no route",
    protocols: ["rest"],
    async run(world) {
      const { path } = { path: "/flashdeal.product.v1.InventoryService/ReserveStock" };
      const answer = await world.rawRest(path, { method: "POST", headers: { "content-type": json }, body: "{}" });
      assert.ok(answer.status >= 400 && answer.status < 500);
    },
  },
  {
    name: "nonsense over REST - idempotency keys out of their form are refused",
    protocols: ["rest"],
    async run(world) {
      const { buyer, deal } = await newScene(world);
      const body = JSON.stringify({ lines: [{ dealId: deal.dealId, quantity: "1" }] });
      const headers = { "content-type": json, authorization: `Bearer ${buyer.token}` };
      for (const key of ["a b", "x".repeat(129), "\u00e9"]) {
        const request = { method: "POST", headers: { ...headers, "idempotency-key": key }, body };
        assert.equal(await offenceOf(world, "/v1/orders", request, "INVALID_INPUT", "request_id"), undefined, key);
      }
      const twice = JSON.stringify({ ...JSON.parse(body), requestId: "one" });
      const differing = { method: "POST", headers: { ...headers, "idempotency-key": "other" }, body: twice };
      assert.equal(await offenceOf(world, "/v1/orders", differing, "INVALID_INPUT", "request_id"), undefined);
    },
  },
];

async function offenceOf(world: World, path: string, init: RequestInit, reason: string | undefined, field?: string): Promise<string | undefined> {
  const answer = await world.rawRest(path, init);
  if (answer.ok) {
    await answer.body?.cancel();
    return `the call succeeded (${answer.status})`;
  }
  const failure = await toFailure(answer);
  if (reason === undefined) return faultOffence(failure);
  return failureOffence(failure, reason, field === undefined ? {} : { field });
}

/** Whether an empty body is a good request of the method. */
function isEmptyAllowed(method: DescMethod): boolean {
  return ["CancelOrder", "CancelDeal", "RunAudit", "RepairViolation"].includes(method.name);
}
