import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { create } from "@bufbuild/protobuf";
import { createRouterTransport, type ConnectRouter, type HandlerContext } from "@connectrpc/connect";
import { OrderSchema, OrderService, OrderState } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import type { VerifiedToken } from "@flashdeal/runtime/auth";
import { ErrorReason, reasonError } from "@flashdeal/runtime/errors";
import { createLogger } from "@flashdeal/runtime/telemetry";
import type { FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGatewayApp, type GatewayAdapters } from "./app.ts";

const orderId = "0190a000-0000-7000-8000-000000000001";
const dealId = "0190a000-0000-7000-8000-000000000002";

const config = {
  host: "127.0.0.1",
  port: 0,
  maxBodyBytes: 2_000,
  requestTimeoutMs: 2_000,
  heartbeatMs: 15_000,
  corsOrigins: "https://shop.example",
  trustedProxies: 0,
};

const verifier = {
  verify(token: string): VerifiedToken {
    const [kind, id = ""] = token.split(".");
    const expireTimeMs = Date.now() + 60_000;
    if (kind === "customer" || kind === "admin") {
      return { principal: { kind: "user", userId: id, role: kind }, expireTimeMs };
    }
    if (kind === "service") {
      return { principal: { kind: "service", name: id }, expireTimeMs };
    }
    throw reasonError(ErrorReason.TOKEN_EXPIRED, "The token has expired.");
  },
};

describe("gateway", () => {
  let app: FastifyInstance;
  let adapters: GatewayAdapters;
  let seen: { request: unknown; context: HandlerContext }[];

  beforeEach(async () => {
    seen = [];
    const routes = (router: ConnectRouter): void => {
      router.service(OrderService, {
        createOrder(request, context) {
          seen.push({ request, context });
          if (request.lines[0]?.quantity === 7n) {
            throw reasonError(ErrorReason.SOLD_OUT, "Sold out.", { metadata: { deal_id: dealId, available: "0" } });
          }
          if (request.lines[0]?.quantity === 8n) {
            throw reasonError(ErrorReason.OVERLOADED, "Busy.", { retryAfterMs: 1_500 });
          }
          if (request.lines[0]?.quantity === 9n) {
            throw new Error("secret inner text");
          }
          return { order: create(OrderSchema, { orderId, state: OrderState.PENDING_PAYMENT }) };
        },
        async *watchOrder(request) {
          yield { order: create(OrderSchema, { orderId: request.orderId, state: OrderState.PENDING_PAYMENT }) };
          yield { order: create(OrderSchema, { orderId: request.orderId, state: OrderState.PAID }) };
        },
      });
      router.service(ProductService, {
        listProducts: (request, context) => {
          seen.push({ request, context });
          return { products: [], nextPageToken: `size ${request.pageSize}` };
        },
      });
    };
    const transport = createRouterTransport(routes);
    const log = createLogger({ name: "gateway-test", level: "silent" });
    adapters = { verifier, connect: () => transport, log, ready: () => true };
    app = await createGatewayApp(config, adapters);
  });
  afterEach(() => app.close());

  const order = (quantity: number, headers: Record<string, string> = {}) =>
    app.inject({
      method: "POST",
      url: "/v1/orders",
      headers: { authorization: "Bearer customer.u1", "content-type": "application/json", "idempotency-key": "key-1", ...headers },
      payload: JSON.stringify({ lines: [{ dealId, quantity: String(quantity) }] }),
    });

  it("a REST call becomes an rpc, and its answer is unwrapped", async () => {
    const answer = await order(1);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ orderId, state: "ORDER_STATE_PENDING_PAYMENT" });
    expect(seen[0]?.request).toMatchObject({ requestId: "key-1", lines: [{ dealId, quantity: 1n }] });
  });

  it("headers that name a user are not taken from the client", async () => {
    await order(1, { "x-flashdeal-user-id": "admin-1", "x-flashdeal-user-role": "admin" });
    expect(seen[0]?.context.requestHeader.get("x-flashdeal-user-id")).toBeNull();
  });

  it.each([
    [0, "203.0.113.9"],
    [1, "198.51.100.2"],
    [2, "198.51.100.1"],
  ])("behind %i proxies the client's address is %s", async (trustedProxies, address) => {
    await app.close();
    app = await createGatewayApp({ ...config, trustedProxies }, adapters);
    const headers = { "x-forwarded-for": "192.0.2.66, 198.51.100.1, 198.51.100.2" };
    await app.inject({ url: "/v1/products", headers, remoteAddress: "203.0.113.9" });
    expect(seen[0]?.context.requestHeader.get("x-flashdeal-client-address")).toBe(address);
  });

  it("another key in the body than in the header is refused", async () => {
    const answer = await app.inject({
      method: "POST",
      url: "/v1/orders",
      headers: { authorization: "Bearer customer.u1", "content-type": "application/json", "idempotency-key": "key-1" },
      payload: { lines: [], requestId: "key-2" },
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ reason: "INVALID_INPUT", violations: [{ field: "request_id" }] });
  });

  it("a refusal is a problem document with the rpc's reason", async () => {
    const answer = await order(7, { "x-request-id": "req-7" });
    expect(answer.statusCode).toBe(409);
    expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(answer.headers["x-request-id"]).toBe("req-7");
    expect(answer.json()).toEqual({
      type: "urn:flashdeal:problem:SOLD_OUT",
      title: "Sold out",
      status: 409,
      detail: "Sold out.",
      reason: "SOLD_OUT",
      code: "FAILED_PRECONDITION",
      requestId: "req-7",
      metadata: { deal_id: dealId, available: "0" },
    });
  });

  it("an overload says when to come back", async () => {
    const answer = await order(8);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["retry-after"]).toBe("2");
    expect(answer.json()).toMatchObject({ reason: "OVERLOADED", retryAfterMs: 1_500 });
  });

  it("a fault behind it shows nothing of its text", async () => {
    const answer = await order(9);
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain("secret inner text");
    expect(answer.json()).toMatchObject({ reason: "INTERNAL_ERROR" });
  });

  it.each([
    ["no token", {}, 401, "TOKEN_MISSING"],
    ["an expired token", { authorization: "Bearer expired" }, 401, "TOKEN_EXPIRED"],
    ["a malformed header", { authorization: "Basic abc" }, 401, "TOKEN_INVALID"],
    ["a service's token", { authorization: "Bearer service.order" }, 401, "TOKEN_INVALID"],
  ])("%s is refused before any call", async (_name, headers, status, reason) => {
    const answer = await app.inject({ method: "GET", url: `/v1/orders/${orderId}`, headers });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ reason });
    expect(answer.headers["www-authenticate"]).toContain("Bearer");
  });

  it("a customer is refused where the contract asks for an admin", async () => {
    const answer = await app.inject({ method: "DELETE", url: `/v1/products/${orderId}`, headers: { authorization: "Bearer customer.u1" } });
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({ reason: "ROLE_REQUIRED", metadata: { required_role: "admin" } });
  });

  it("an expired token does not stand in the way of a public read", async () => {
    const answer = await app.inject({ method: "GET", url: "/v1/products?pageSize=3", headers: { authorization: "Bearer expired" } });
    expect(answer.json()).toMatchObject({ nextPageToken: "size 3" });
  });

  it.each([
    ["an unknown path", "GET", "/v1/nothing", undefined, undefined, 404, "ROUTE_NOT_FOUND"],
    ["another method", "PUT", "/v1/products", undefined, undefined, 405, "METHOD_NOT_ALLOWED"],
    ["another content type", "POST", "/v1/orders", "text/plain", "hello", 415, "UNSUPPORTED_MEDIA_TYPE"],
    ["broken JSON", "POST", "/v1/orders", "application/json", "{", 400, "MALFORMED_REQUEST"],
    ["an unknown field", "POST", "/v1/orders", "application/json", '{"nope":1}', 400, "INVALID_INPUT"],
    ["an unknown query parameter", "GET", "/v1/products?nope=1", undefined, undefined, 400, "INVALID_INPUT"],
    ["a body that is too large", "POST", "/v1/orders", "application/json", `"${"x".repeat(3_000)}"`, 413, "REQUEST_TOO_LARGE"],
    ["a broken path", "GET", "/v1/products/%zz", undefined, undefined, 400, "MALFORMED_REQUEST"],
    ["a method that few know", "PROPFIND", "/v1/products", undefined, undefined, 405, "METHOD_NOT_ALLOWED"],
    ["a method with a rule of its own", "QUERY", "/v1/products", undefined, undefined, 405, "METHOD_NOT_ALLOWED"],
    ["a path out of the documentation", "GET", "/docs/%2e%2e/%2e%2e/package.json", undefined, undefined, 404, "ROUTE_NOT_FOUND"],
    ["a page that the documentation lacks", "GET", "/docs/nothing.js", undefined, undefined, 404, "ROUTE_NOT_FOUND"],
    ["a member that is named twice", "POST", "/v1/orders", "application/json", '{"lines":[],"lines":[]}', 400, "MALFORMED_REQUEST"],
  ] as const)("%s is a problem, never a fault", async (_name, method, url, type, payload, status, reason) => {
    const answer = await app.inject({
      method,
      url,
      headers: { authorization: "Bearer admin.a1", ...(type && { "content-type": type }) },
      ...(payload === undefined ? {} : { payload }),
    });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({ reason, requestId: answer.headers["x-request-id"] });
  });

  it("a compressed body is refused, as nobody would unpack it", async () => {
    const answer = await order(1, { "content-encoding": "gzip" });
    expect(answer.statusCode).toBe(415);
    expect(answer.json()).toMatchObject({ reason: "UNSUPPORTED_MEDIA_TYPE" });
    expect(seen).toEqual([]);
    expect((await order(1, { "content-encoding": "identity" })).statusCode).toBe(200);
  });

  it.each([
    ["no HTTP", "HELLO\r\n\r\n", 400],
    ["two lengths", "POST /v1/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}", 400],
    ["a length and chunks", "POST /v1/orders HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400],
    ["headers that are too large", `GET /v1/products HTTP/1.1\r\nhost: x\r\nx-a: ${"a".repeat(20_000)}\r\n\r\n`, 431],
  ])("%s on the connection is a problem, and ends the connection", async (_name, bytes, status) => {
    const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
    const socket = connect(Number(port), "127.0.0.1");
    socket.end(bytes);
    const answer = await text(socket);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain("content-type: application/problem+json");
    expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")))).toMatchObject({ status, reason: "MALFORMED_REQUEST" });
  });

  it("a method that its service does not offer is 501", async () => {
    const answer = await app.inject({ method: "GET", url: `/v1/products/${orderId}` });
    expect(answer.statusCode).toBe(501);
    expect(answer.json()).toMatchObject({ reason: "NOT_IMPLEMENTED" });
  });

  it("a stream is sent as events", async () => {
    const answer = await app.inject({ method: "GET", url: `/v1/orders/${orderId}:watch`, headers: { authorization: "Bearer customer.u1" } });
    expect(answer.headers["content-type"]).toContain("text/event-stream");
    expect(answer.body).toContain("ORDER_STATE_PENDING_PAYMENT");
    expect(answer.body).toContain("ORDER_STATE_PAID");
  });

  it("the document lists every route, and the page shows it", async () => {
    const document = (await app.inject("/openapi.json")).json() as { openapi: string; paths: Record<string, unknown> };
    expect(document.openapi).toMatch(/^3\.1/);
    expect(Object.keys(document.paths)).toContain("/v1/orders/{orderId}:pay");
    expect((await app.inject("/docs/")).body).toContain("swagger-ui");
    expect((await app.inject("/docs/swagger-initializer.js")).body).toContain("/openapi.json");
  });

  it("a browser of a listed origin may call, others may not", async () => {
    const origins = ["https://shop.example", "https://evil.example"];
    const answers = await Promise.all(
      origins.map((origin) => app.inject({ method: "OPTIONS", url: "/v1/orders", headers: { origin, "access-control-request-method": "POST" } })),
    );
    expect(answers.map(({ headers }) => headers["access-control-allow-origin"])).toEqual(["https://shop.example", undefined]);
  });
});
