import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { CreateOrderRequestSchema, OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { parseRequestId, requestFingerprint, requestScope } from "./request-key.ts";

const order = (requestId: string, quantity = 1n) => create(CreateOrderRequestSchema, { requestId, lines: [{ dealId: "d", quantity }] });

describe("request keys", () => {
  test("a fingerprint - goes by the payload without its key, and leaves the request as it was", () => {
    const request = order("a");
    const fingerprint = requestFingerprint(CreateOrderRequestSchema, request);
    expect(fingerprint).toHaveLength(32);
    expect(request.requestId).toBe("a");
    expect(requestFingerprint(CreateOrderRequestSchema, order("b"))).toEqual(fingerprint);
    expect(requestFingerprint(CreateOrderRequestSchema, order("a", 2n))).not.toEqual(fingerprint);
  });

  test("a scope - keeps callers and methods apart", () => {
    const { createOrder, payOrder } = OrderService.method;
    const scopes = [
      requestScope({ kind: "user", userId: "u", role: "customer" }, createOrder),
      requestScope({ kind: "user", userId: "u", role: "customer" }, payOrder),
      requestScope({ kind: "service", name: "u" }, createOrder),
      requestScope({ kind: "anonymous" }, createOrder),
    ];
    expect(new Set(scopes).size).toBe(4);
    expect(scopes[0]).toBe("user:u flashdeal.order.v1.OrderService/CreateOrder");
  });

  test.each(["", "a b", "ü", "a\n", "x".repeat(129)])("a request id like %j - is refused", (text) => {
    expect(() => parseRequestId(text)).toThrow(/128 printable/);
  });

  test("a request id - may be 128 printable characters", () => {
    expect(parseRequestId("~".repeat(128))).toHaveLength(128);
  });
});
