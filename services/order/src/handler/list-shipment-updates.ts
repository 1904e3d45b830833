import type { MethodImpl } from "@connectrpc/connect";
import { ShipmentService } from "@flashdeal/proto/flashdeal/order/v1/shipment_service_pb";
import { decodePageToken, encodePageToken } from "@flashdeal/runtime/rpc";
import { updateToMessage } from "../message/shipment-message.ts";
import type { OrderHandlers } from "./context.ts";
import { visibleShipment } from "./get-shipment.ts";
import { cursorId } from "./input-check.ts";

const defaultPageSize = 50;

/** ListShipmentUpdates. */
export function listShipmentUpdates(handlers: OrderHandlers): MethodImpl<typeof ShipmentService.method.listShipmentUpdates> {
  const method = ShipmentService.method.listShipmentUpdates;
  return async (request, context) => {
    const before = cursorId(decodePageToken({ method, request }, request.pageToken, ["string"]));
    const { shipmentId } = await visibleShipment(handlers, request.shipmentId, context);
    const pageSize = request.pageSize === 0 ? defaultPageSize : request.pageSize;
    const updates = await handlers.shipments.listUpdates(shipmentId, before, pageSize + 1);
    const page = updates.slice(0, pageSize);
    const last = updates.length > pageSize ? page.at(-1) : undefined;
    return { updates: page.map(updateToMessage), nextPageToken: last === undefined ? "" : encodePageToken({ method, request }, [last.updateId]) };
  };
}
