import { create, toBinary } from "@bufbuild/protobuf";
import { CreateOrderResponseSchema, OrderSchema } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { array, assert, bigInt, constant, constantFrom, date, integer, oneof, property, record, sample, string, tuple, uuid, type Arbitrary } from "fast-check";
import { v4 } from "uuid";
import { expect, test } from "vitest";
import type { Order, OrderLine } from "../domain/order.ts";
import { encodeOrderField } from "./encode-order.ts";
import { orderToMessage } from "./order-message.ts";

const int64 = bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const text = string({ unit: "binary", maxLength: 200 }).filter((value) => value.isWellFormed());
const id = oneof(uuid(), constant(""));
const money = record({ currencyCode: constantFrom("KRW", "", "USD"), units: int64, nanos: integer({ min: -999_999_999, max: 999_999_999 }) });
const time = date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true });
const line = record({ dealId: id, productId: id, vendorItemId: text, fulfillmentCenterId: text, title: text, quantity: int64, unitPrice: money });
const order: Arbitrary<Order> = record({
  orderId: id,
  userId: id,
  state: constantFrom("PENDING_PAYMENT", "PAID", "SHIPPED", "DELIVERED", "CANCELLED", "EXPIRED"),
  paymentState: constantFrom("NONE", "PENDING", "CAPTURED", "REFUSED", "REFUND_PENDING", "REFUNDED"),
  paymentId: id,
  reservationId: id,
  cancelReason: string({ unit: "binary", maxLength: 500 }).filter((value) => value.isWellFormed()),
  lines: array(line, { maxLength: 100 }),
  total: money,
  expireTime: time,
  createTime: time,
  updateTime: time,
  version: int64,
});

/** By themselves and as a field. */
function isEncodedAsMessage(order: Order): boolean {
  const { bytes, field } = encodeOrderField(order);
  const message = orderToMessage(order);
  return bytes.equals(toBinary(OrderSchema, message)) && field.equals(toBinary(CreateOrderResponseSchema, create(CreateOrderResponseSchema, { order: message })));
}

test("orders - are encoded as protobuf-es encodes their messages, by themselves and as a field", () => {
  assert(property(order, (drawn) => void expect(isEncodedAsMessage(drawn)).toBe(true)), { numRuns: 300 });
});

test("orders - that are like the last one but for their ids, or nearly like it, are encoded as their messages too", () => {
  const ids = record({ orderId: oneof(uuid(), text), userId: oneof(uuid(), text), reservationId: oneof(uuid(), text) });
  const change = oneof(constant({}), record({ state: constant("CANCELLED" as const) }), record({ paymentState: constant("PENDING" as const) }), record({ paymentId: uuid() }), record({ cancelReason: text }),
    record({ lines: array(line, { maxLength: 3 }) }), record({ total: money }), record({ expireTime: time }), record({ createTime: time }), record({ updateTime: time }));
  assert(
    property(order, array(tuple(ids, change), { minLength: 1, maxLength: 6 }), (first, others) => {
      for (const drawn of [first, ...others.map(([ownIds, changes]): Order => ({ ...first, lines: first.lines.map((each) => ({ ...each })), ...ownIds, ...changes }))]) {
        expect(isEncodedAsMessage(drawn)).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

test("orders - that differ in one thing are not taken for the same", () => {
  const [drawn] = sample(order.filter(({ lines }) => lines.length > 0), { numRuns: 1, seed: 3 });
  const [first] = drawn?.lines ?? [];
  if (drawn === undefined || first === undefined) throw new Error("no order");
  const { unitPrice } = first;
  const changes: Partial<OrderLine>[] = [
    { dealId: "d" }, { productId: "p" }, { vendorItemId: "v" }, { fulfillmentCenterId: "f" }, { title: "t" }, { quantity: first.quantity + 1n },
    { unitPrice: { ...unitPrice, units: 7n } }, { unitPrice: { ...unitPrice, nanos: 7 } }, { unitPrice: { ...unitPrice, currencyCode: "EUR" } },
  ];
  const others: Partial<Order>[] = [{ state: "SHIPPED" }, { paymentState: "REFUNDED" }, { paymentId: v4() }, { cancelReason: "c" }, { expireTime: new Date(5) }, { createTime: new Date(5) }, { updateTime: new Date(5) }];
  const like = { ...drawn, orderId: v4(), userId: v4(), reservationId: v4(), state: "PAID", paymentState: "CAPTURED", paymentId: "", cancelReason: "" } as const;
  for (const changed of [...changes.map((change) => ({ lines: [{ ...first, ...change }, ...like.lines.slice(1)] })), ...others]) {
    for (const each of [like, { ...like, ...changed }]) expect(isEncodedAsMessage({ ...each })).toBe(true);
  }
});

test("orders - what was encoded stays what it is when the next one is", () => {
  const [first, second] = sample(order, { numRuns: 2, seed: 7 });
  if (first === undefined || second === undefined) throw new Error("no orders");
  const { bytes } = encodeOrderField(first);
  encodeOrderField(second);
  expect(bytes.equals(toBinary(OrderSchema, orderToMessage(first)))).toBe(true);
});
