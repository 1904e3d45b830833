import type { HandlerContext, MethodImpl } from "@connectrpc/connect";
import type { ShipmentService } from "@flashdeal/proto/flashdeal/order/v1/shipment_service_pb";
import { maySee } from "../domain/caller.ts";
import type { Shipment } from "../domain/shipment.ts";
import { shipmentToMessage } from "../message/shipment-message.ts";
import { callerOf, type OrderHandlers } from "./context.ts";
import { shipmentNotFound } from "./errors.ts";

/** GetShipment. */
export function getShipment(handlers: OrderHandlers): MethodImpl<typeof ShipmentService.method.getShipment> {
  return async ({ shipmentId }, context) => ({ shipment: shipmentToMessage(await visibleShipment(handlers, shipmentId, context)) });
}

/** The shipment, if the caller may see its order. Throws SHIPMENT_NOT_FOUND otherwise. */
export async function visibleShipment(handlers: Pick<OrderHandlers, "shipments">, shipmentId: string, context: HandlerContext): Promise<Shipment> {
  const shipment = await handlers.shipments.getShipment(shipmentId);
  if (shipment === undefined || !maySee(callerOf(context), shipment)) throw shipmentNotFound();
  return shipment;
}
