import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { ShipmentService } from "@flashdeal/proto/flashdeal/order/v1/shipment_service_pb";
import { serviceRoutes, type ServiceRoutes } from "@flashdeal/runtime/rpc";
import { addShipmentUpdate } from "./add-shipment-update.ts";
import { batchCreateOrders } from "./batch-create-orders.ts";
import { batchGetReservationOrders } from "./batch-get-reservation-orders.ts";
import { cancelOrder } from "./cancel-order.ts";
import type { OrderHandlers } from "./context.ts";
import { createOrder } from "./create-order.ts";
import { createShipment } from "./create-shipment.ts";
import { getOrder } from "./get-order.ts";
import { getShipment } from "./get-shipment.ts";
import { listOrders } from "./list-orders.ts";
import { listShipmentUpdates } from "./list-shipment-updates.ts";
import { payOrder } from "./pay-order.ts";
import { resolveReservations } from "./resolve-reservations.ts";
import { withStoreFaults } from "./store-faults.ts";
import { watchOrder } from "./watch-order.ts";

/** What this service answers: one file per rpc. */
export function orderRoutes(handlers: OrderHandlers): readonly ServiceRoutes[] {
  return [
    serviceRoutes(OrderService, {
      createOrder: createOrder(handlers),
      batchCreateOrders: batchCreateOrders(handlers),
      getOrder: getOrder(handlers),
      listOrders: listOrders(handlers),
      watchOrder: watchOrder(handlers),
      payOrder: payOrder(handlers),
      cancelOrder: cancelOrder(handlers),
      resolveReservations: resolveReservations(handlers),
      batchGetReservationOrders: batchGetReservationOrders(handlers),
    }),
    serviceRoutes(ShipmentService, {
      createShipment: createShipment(handlers),
      addShipmentUpdate: addShipmentUpdate(handlers),
      getShipment: getShipment(handlers),
      listShipmentUpdates: listShipmentUpdates(handlers),
    }),
  ].map(withStoreFaults);
}
