import { create, toBinary, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { BatchCreateOrdersRequestSchema, BatchCreateOrdersResponseSchema, CreateOrderRequestSchema, CreateOrderResponseSchema, GetOrderRequestSchema, PayOrderRequestSchema } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { BatchGetReservationsRequestSchema, ReservationState, ReserveStockRequestSchema, ReserveStockResponseSchema } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { expect, it } from "vitest";
import { points } from "./faults.ts";
import { commitAnswered, commitAsked, holdAnswered, holdAsked, orderAnswered, orderAsked, statementAnswered, type Moment } from "./moments.ts";
import type { Direction } from "./wire.ts";

type Said = readonly [direction: Direction, bytes: string | Buffer, connection?: number];

/** Which of the chunks the moment is. */
function momentOf(moment: Moment, ...said: readonly Said[]): number {
  const watcher = moment();
  return said.findIndex(([direction, bytes, connection = 0]) => watcher({ direction, chunk: Buffer.from(bytes), connection }));
}

/** A frame of HTTP/2 with one gRPC message. */
function grpc<Desc extends DescMessage>(schema: Desc, message: MessageInitShape<Desc>, stream = 1): Buffer {
  const bytes = toBinary(schema, create(schema, message));
  const frame = Buffer.alloc(14);
  frame.writeUIntBE(bytes.length + 5, 0, 3);
  frame.writeUInt32BE(stream, 5);
  frame.writeUInt32BE(bytes.length, 10);
  return Buffer.concat([frame, bytes]);
}

const id = "019aa0b1-7d3c-7a52-8a51-6f8c5d1e2a3b";
const reserve = grpc(ReserveStockRequestSchema, { entries: [{ reservationId: id, userId: id, lines: [{ dealId: id, quantity: 1n }] }] });
const heldAs = (state: ReservationState) =>
  grpc(ReserveStockResponseSchema, { results: [{ outcome: { case: "reservation", value: { reservationId: id, state, lines: [{ dealId: id, quantity: 1n }] } } }] });
const orders = (stream: number) => grpc(BatchCreateOrdersRequestSchema, { entries: [{ userId: id, request: { lines: [{ dealId: id, quantity: 1n }], requestId: "k" } }] }, stream);
const ordered = (stream: number) => grpc(BatchCreateOrdersResponseSchema, { results: [{ outcome: { case: "response", value: { order: { orderId: id } } } }] }, stream);

it("moments on the wire - a hold is asked for and answered by these messages and no others", () => {
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  const lookUp = grpc(BatchGetReservationsRequestSchema, { reservationIds: [id] });
  const [held, released] = [heldAs(ReservationState.HELD), heldAs(ReservationState.RELEASED)];
  expect(momentOf(holdAsked, ["request", settings], ["request", lookUp], ["answer", reserve], ["request", Buffer.concat([settings, reserve])])).toBe(3);
  expect(momentOf(holdAnswered, ["request", lookUp], ["answer", held], ["request", reserve], ["answer", settings], ["request", held], ["answer", held])).toBe(5);
  expect(momentOf(holdAnswered, ["request", reserve], ["answer", released])).toBe(-1);
});

it("moments on the wire - an order is asked for alone or with others, and answered on the stream that asked", () => {
  const pay = grpc(PayOrderRequestSchema, { orderId: id, paymentToken: "sandbox-ok", requestId: "k" }, 3);
  const get = grpc(GetOrderRequestSchema, { orderId: id }, 3);
  const order = grpc(CreateOrderRequestSchema, { lines: [{ dealId: id, quantity: 1n }], requestId: "k" }, 5);
  const told = grpc(CreateOrderResponseSchema, { order: { orderId: id } }, 5);
  expect(momentOf(orderAsked, ["request", pay], ["request", get], ["answer", order], ["request", order])).toBe(3);
  expect(momentOf(orderAsked, ["request", orders(5)])).toBe(0);
  expect(momentOf(orderAnswered, ["request", pay], ["request", get], ["answer", ordered(3)], ["request", order], ["answer", told])).toBe(4);
  expect(momentOf(orderAnswered, ["request", orders(5)], ["answer", ordered(7)], ["answer", ordered(5), 1], ["answer", ordered(5)])).toBe(3);
  expect(momentOf(orderAnswered, ["request", orders(5)], ["answer", grpc(BatchCreateOrdersResponseSchema, { results: [{ outcome: { case: "error", value: { code: 8 } } }] }, 5)])).toBe(-1);
});

it("moments on the wire - a commit is that of the transaction which ran the statement, on its own connection", () => {
  const paid = { statement: "order.UpdateOrderStates", text: /OrderPaid/ };
  const other: Said[] = [["request", "BEGIN\0"], ["request", "order.UpdateOrderStates\0OrderExpired"], ["request", "COMMIT\0"], ["answer", "COMMIT\0"]];
  const own: Said[] = [["request", "BEGIN\0"], ["request", "order.UpdateOrderStates\0OrderPaid"], ["request", "COMMIT\0", 1], ["request", "COMMIT\0"], ["answer", "COMMIT\0", 1], ["answer", "COMMIT\0"]];
  expect(momentOf(commitAsked(paid), ...other, ...own)).toBe(7);
  expect(momentOf(commitAnswered(paid), ...other, ...own)).toBe(9);
  const undone: Said[] = [["request", "BEGIN\0"], ["request", "order.UpdateOrderStates\0OrderPaid"], ["request", "ROLLBACK\0"], ["request", "BEGIN\0"], ["request", "COMMIT\0"], ["answer", "COMMIT\0"]];
  expect(momentOf(commitAsked(paid), ...undone)).toBe(-1);
  expect(momentOf(commitAnswered(paid), ...undone)).toBe(-1);
});

it("moments on the wire - a statement has changed a row when its own answer says so", () => {
  const refunded = statementAnswered({ statement: "order.UpdateSandboxRefund" }, "UPDATE 1");
  const nothing: Said[] = [["request", "order.UpdateSandboxRefund\0"], ["answer", "UPDATE 0\0"], ["request", "order.Another\0"], ["answer", "UPDATE 1\0"]];
  expect(momentOf(refunded, ...nothing, ["request", "order.UpdateSandboxRefund\0"], ["answer", "UPDATE 1\0"])).toBe(5);
});

const acknowledge = (answer: string): Said => ["request", `PUB $JS.ACK.ORDERS.product-orders.1.2.2.3.0 ${answer.length}\r\n${answer}\r\n`];
const resolve = (from: string, to: string): Said[] => [["request", "BEGIN\0"], ["request", `product.UpdateReservationStates\0{${id}}\0\0\0\x06{${from}}\0\0\0\x0b{${to}}`], ["request", "COMMIT\0"]];
const decide = (captured: string): Said[] => [["request", `order.InsertSandboxPayment\0\0\0\0\x24${id}\0\0\0\x01${captured}\0\0\0\0`], ["answer", "INSERT 0 1\0"]];
const find = (name: string): Moment => points.find((point) => point.name.includes(name))?.moment ?? (() => () => false);

it("moments on the wire - a payment is captured, not refused", () => {
  expect(momentOf(find("the provider captured"), ...decide("f"), ...decide("t"))).toBe(3);
});

it("moments on the wire - a sale is told from a return, and an acknowledgement from a refusal", () => {
  expect(momentOf(find("product commits the sale"), ...resolve("COMMITTED", "RETURNED"), ...resolve("HELD", "COMMITTED"))).toBe(5);
  expect(momentOf(find("product commits the release"), ...resolve("HELD", "EXPIRED"), ...resolve("HELD", "RELEASED"))).toBe(5);
  expect(momentOf(find("product acknowledged the event"), acknowledge("-NAK"), acknowledge("+WPI"), ["request", "PUB $JS.API.CONSUMER.MSG.NEXT.ORDERS.product-orders _INBOX.1 4\r\n+ACK\r\n"], acknowledge("+ACK"))).toBe(3);
});

it("moments on the wire - every point has a name of its own", () => {
  expect(new Set(points.map(({ name }) => name)).size).toBe(points.length);
});
