import { create, createRegistry } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { OrderSchema } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { continueTrace, runInTrace } from "../telemetry/index.ts";
import { decodeEvent, outboxRow } from "./index.ts";

describe("outbox rows", () => {
  const message = create(OrderSchema, { orderId: "o1" });

  test("a row - holds what the bus needs, and the event comes back from it", () => {
    const row = outboxRow(OrderSchema, message, { aggregateKey: "o1", headers: { a: "b" } });
    expect(row).toMatchObject({ subject: "flashdeal.order.v1.Order", aggregateKey: "o1", headers: { a: "b" } });
    expect(row.eventId[14]).toBe("7");
    const event = { subject: row.subject, data: row.payload };
    expect(decodeEvent(OrderSchema, event).orderId).toBe("o1");
    expect(decodeEvent(createRegistry(OrderSchema), event)).toMatchObject({ orderId: "o1" });
    expect(decodeEvent(createRegistry(), event)).toBeUndefined();
    expect(() => decodeEvent(OrderSchema, { ...event, subject: "other" })).toThrow(/other/);
  });

  test("a row made in a call - carries its trace", () => {
    const trace = continueTrace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    const row = runInTrace(trace, () => outboxRow(OrderSchema, message, { aggregateKey: "o1" }));
    expect(row.headers["traceparent"]).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
  });
});
