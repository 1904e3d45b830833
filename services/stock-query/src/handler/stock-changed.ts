import { timestampDate } from "@bufbuild/protobuf/wkt";
import { StockChangedSchema } from "@flashdeal/proto/flashdeal/product/v1/product_events_pb";
import type { EventHandler, ReceivedEvent } from "@flashdeal/runtime/events";
import { decodeEvent } from "@flashdeal/runtime/outbox";
import type { Projector } from "../domain/projector.ts";
import type { StockState } from "../domain/stock-state.ts";
import { answered } from "./errors.ts";

/** The subject of the inventory's news. */
export const stockChangedSubject = StockChangedSchema.typeName;

/**
 * Handles news for the read model. Throws on an event that cannot be read, so that the bus sets it aside as poison; while the read
 * model is away it throws UNAVAILABLE, on which the bus waits and tries again.
 */
export function createProjectionHandler(project: Projector): EventHandler {
  return async (events) => answered(project(events.map(toStockState)));
}

/** Handles news for this process's near cache. Skips what cannot be read: setting it aside is the projection's part. */
export function createNearCacheHandler(put: (states: readonly StockState[]) => void): EventHandler {
  return async (events) => put(events.flatMap(toStockStateIfReadable));
}

function toStockStateIfReadable(event: ReceivedEvent): StockState[] {
  try {
    return [toStockState(event)];
  } catch {
    return [];
  }
}

/** Throws where the payload is no StockChanged, or one that no inventory can have sent. */
export function toStockState(event: Pick<ReceivedEvent, "subject" | "data">): StockState {
  const { vendorItemId, fulfillmentCenterId, onHand, reserved, version, changeTime } = decodeEvent(StockChangedSchema, event);
  if (vendorItemId === "" || fulfillmentCenterId === "" || version <= 0n || changeTime === undefined) {
    throw new Error("the event lacks its key, its version or its time");
  }
  return { vendorItemId, fulfillmentCenterId, onHand, reserved, version, changeTime: timestampDate(changeTime) };
}
