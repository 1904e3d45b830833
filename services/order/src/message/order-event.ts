import { create } from "@bufbuild/protobuf";
import {
  OrderCancelledSchema,
  OrderCreatedSchema,
  OrderDeliveredSchema,
  OrderExpiredSchema,
  OrderPaidSchema,
  OrderShippedSchema,
} from "@flashdeal/proto/flashdeal/order/v1/order_events_pb";
import { encodedOutboxRow, outboxRow, type OutboxRow } from "@flashdeal/runtime/outbox";
import type { TraceContext } from "@flashdeal/runtime/telemetry";
import type { Order, OrderEvent } from "../domain/order.ts";
import { encodeMessageOfOrder, orderToMessage } from "./order-message.ts";

const orderOnly = {
  created: OrderCreatedSchema,
  paid: OrderPaidSchema,
  expired: OrderExpiredSchema,
  shipped: OrderShippedSchema,
  delivered: OrderDeliveredSchema,
} as const;

/** The outbox row that tells of an event. Events of one order stay in order: its id is the key. */
export function orderEventRow(happening: OrderEvent, of: Order, trace: TraceContext | undefined): OutboxRow {
  const options = { aggregateKey: of.orderId, trace };
  if (happening.kind !== "cancelled") return encodedOutboxRow(orderOnly[happening.kind], encodeMessageOfOrder(of), options);
  const message = create(OrderCancelledSchema, { order: orderToMessage(of), wasPaid: happening.wasPaid });
  return outboxRow(OrderCancelledSchema, message, options);
}
