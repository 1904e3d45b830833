import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  ShipmentSchema,
  ShipmentStatus as WireStatus,
  ShipmentUpdateSchema,
  type Shipment as ShipmentMessage,
  type ShipmentUpdate as ShipmentUpdateMessage,
} from "@flashdeal/proto/flashdeal/order/v1/shipment_service_pb";
import type { Shipment, ShipmentStatus, ShipmentUpdate } from "../domain/shipment.ts";
import { dateFrom } from "./order-message.ts";

/** Shipments in the contract's form, for answers and kept answers, and back. */

const wireStatuses: Readonly<Record<ShipmentStatus, WireStatus>> = {
  PREPARING: WireStatus.PREPARING,
  IN_TRANSIT: WireStatus.IN_TRANSIT,
  OUT_FOR_DELIVERY: WireStatus.OUT_FOR_DELIVERY,
  DELIVERED: WireStatus.DELIVERED,
  RETURNED: WireStatus.RETURNED,
};

const statuses = new Map(Object.entries(wireStatuses).map(([status, wire]) => [wire, status as ShipmentStatus]));

/** A status of the contract; undefined for "not stated". */
export function statusFromWire(status: WireStatus): ShipmentStatus | undefined {
  return statuses.get(status);
}

/** A shipment in the contract's form. */
export function shipmentToMessage({ shipmentId, orderId, carrier, trackingNumber, status, createTime, updateTime }: Shipment): ShipmentMessage {
  return create(ShipmentSchema, {
    shipmentId,
    orderId,
    carrier,
    trackingNumber,
    status: wireStatuses[status],
    createTime: timestampFromDate(createTime),
    updateTime: timestampFromDate(updateTime),
  });
}

/** A shipment that was kept in the contract's form. */
export function shipmentFromMessage({ shipmentId, orderId, carrier, trackingNumber, status, createTime, updateTime }: ShipmentMessage): Shipment {
  return {
    shipmentId,
    orderId,
    carrier,
    trackingNumber,
    status: statuses.get(status) ?? "PREPARING",
    createTime: dateFrom(createTime),
    updateTime: dateFrom(updateTime),
  };
}

/** An update in the contract's form. */
export function updateToMessage({ updateId, shipmentId, status, location, note, eventTime }: ShipmentUpdate): ShipmentUpdateMessage {
  return create(ShipmentUpdateSchema, { updateId, shipmentId, status: wireStatuses[status], location, note, eventTime: timestampFromDate(eventTime) });
}

/** An update that was kept in the contract's form. */
export function updateFromMessage({ updateId, shipmentId, status, location, note, eventTime }: ShipmentUpdateMessage): ShipmentUpdate {
  return { updateId, shipmentId, status: statuses.get(status) ?? "PREPARING", location, note, eventTime: dateFrom(eventTime) };
}
