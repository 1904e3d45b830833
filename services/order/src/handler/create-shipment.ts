import type { MethodImpl } from "@connectrpc/connect";
import { ShipmentService } from "@flashdeal/proto/flashdeal/order/v1/shipment_service_pb";
import { createShipment as create } from "../domain/ship-order.ts";
import { shipmentToMessage } from "../message/shipment-message.ts";
import { keyedRequest, type OrderHandlers } from "./context.ts";
import { outcomeError } from "./errors.ts";
import { refuseNul, requireText } from "./input-check.ts";

/** CreateShipment. */
export function createShipment(handlers: OrderHandlers): MethodImpl<typeof ShipmentService.method.createShipment> {
  return async (message, context) => {
    const { orderId = "", carrier = "", trackingNumber = "" } = message.shipment ?? {};
    const texts = { "shipment.carrier": carrier, "shipment.tracking_number": trackingNumber };
    requireText({ "shipment.order_id": orderId, ...texts });
    refuseNul(texts);
    const request = keyedRequest(context, ShipmentService.method.createShipment, message);
    const outcome = await create(handlers, { orderId, carrier, trackingNumber }, request);
    if (outcome.kind !== "shipment-created") throw outcomeError(outcome);
    return { shipment: shipmentToMessage(outcome.shipment) };
  };
}
