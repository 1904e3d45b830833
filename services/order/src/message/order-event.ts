import { create } from "@bufbuild/protobuf";
import {
  OrderCancelledSchema,
  OrderCreatedSchema,
  OrderDeliveredSchema,
  OrderExpiredSchema,
  OrderPaidSchema,
  OrderShippedSchema,
} from "@flashdeal/proto/flashdeal/order/v1/order_events_pb";
import { outboxRow, type OutboxRow } from "@flashdeal/runtime/outbox";
import type { Order, OrderEvent } from "../domain/order.ts";
import { orderToMessage } from "./order-message.ts";

/** The outbox row that tells of an event. Events of one order stay in order: its id is the key. */
export function orderEventRow(happening: OrderEvent, of: Order): OutboxRow {
  const order = orderToMessage(of);
  const options = { aggregateKey: of.orderId };
  switch (happening.kind) {
    case "created":
      return outboxRow(OrderCreatedSchema, create(OrderCreatedSchema, { order }), options);
    case "paid":
      return outboxRow(OrderPaidSchema, create(OrderPaidSchema, { order }), options);
    case "cancelled":
      return outboxRow(OrderCancelledSchema, create(OrderCancelledSchema, { order, wasPaid: happening.wasPaid }), options);
    case "expired":
      return outboxRow(OrderExpiredSchema, create(OrderExpiredSchema, { order }), options);
    case "shipped":
      return outboxRow(OrderShippedSchema, create(OrderShippedSchema, { order }), options);
    case "delivered":
      return outboxRow(OrderDeliveredSchema, create(OrderDeliveredSchema, { order }), options);
  }
}
