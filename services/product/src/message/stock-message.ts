import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  MovementKind,
  StockLevelSchema,
  StockMovementSchema,
  type StockLevel as StockLevelMessage,
  type StockMovement as StockMovementMessage,
} from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { StockChangedSchema, type StockChanged } from "@flashdeal/proto/flashdeal/product/v1/product_events_pb";
import type { Movement, StockLevel } from "../domain/stock.ts";

/** The state of a key as the contract says it. */
export function stockLevelMessage(stock: StockLevel): StockLevelMessage {
  const { vendorItemId, fulfillmentCenterId, onHand, reserved, version } = stock;
  const available = onHand - reserved;
  return create(StockLevelSchema, {
    vendorItemId,
    fulfillmentCenterId,
    onHand,
    reserved,
    available,
    version,
    updateTime: timestampFromDate(stock.updateTime),
  });
}

/** The event that tells of a key's new state. */
export function stockChangedMessage(stock: StockLevel): StockChanged {
  const { vendorItemId, fulfillmentCenterId, onHand, reserved, version } = stock;
  const changeTime = timestampFromDate(stock.updateTime);
  return create(StockChangedSchema, { vendorItemId, fulfillmentCenterId, onHand, reserved, version, changeTime });
}

/** A line of the ledger as the contract says it. */
export function movementMessage(movement: Movement): StockMovementMessage {
  return create(StockMovementSchema, {
    movementId: movement.movementId,
    vendorItemId: movement.vendorItemId,
    fulfillmentCenterId: movement.fulfillmentCenterId,
    kind: MovementKind[movement.kind],
    onHandDelta: movement.onHandDelta,
    reservedDelta: movement.reservedDelta,
    reservationId: movement.reservationId ?? "",
    orderId: movement.orderId ?? "",
    actor: movement.actor,
    reason: movement.reason,
    createTime: timestampFromDate(movement.createTime),
  });
}
