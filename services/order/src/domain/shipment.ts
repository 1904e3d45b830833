/** Where a shipment is. */
export type ShipmentStatus = "PREPARING" | "IN_TRANSIT" | "OUT_FOR_DELIVERY" | "DELIVERED" | "RETURNED";

/** The shipment of an order. */
export interface Shipment {
  readonly shipmentId: string;
  readonly orderId: string;
  readonly carrier: string;
  readonly trackingNumber: string;
  /** The status of the newest update. */
  readonly status: ShipmentStatus;
  readonly createTime: Date;
  readonly updateTime: Date;
}

/** What the carrier reported. */
export interface ShipmentUpdate {
  readonly updateId: string;
  readonly shipmentId: string;
  readonly status: ShipmentStatus;
  readonly location: string;
  readonly note: string;
  readonly eventTime: Date;
}
