import type { Timestamp } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import { ShipmentService } from "@flashdeal/proto/flashdeal/order/v1/shipment_service_pb";
import { addShipmentUpdate as add } from "../domain/ship-order.ts";
import { statusFromWire, updateToMessage } from "../message/shipment-message.ts";
import { keyedRequest, type OrderHandlers } from "./context.ts";
import { invalidField, outcomeError } from "./errors.ts";
import { refuseNul } from "./input-check.ts";

/** AddShipmentUpdate. */
export function addShipmentUpdate(handlers: OrderHandlers): MethodImpl<typeof ShipmentService.method.addShipmentUpdate> {
  return async (message, context) => {
    const { location = "", note = "", eventTime } = message.update ?? {};
    const status = message.update && statusFromWire(message.update.status);
    if (status === undefined) throw invalidField("update.status", "is required");
    refuseNul({ "update.location": location, "update.note": note });
    const wanted = { shipmentId: message.shipmentId, status, location, note, eventTime: readTime(eventTime) };
    const outcome = await add(handlers, wanted, keyedRequest(context, ShipmentService.method.addShipmentUpdate, message));
    if (outcome.kind !== "update-added") throw outcomeError(outcome);
    return { update: updateToMessage(outcome.update) };
  };
}

/** The years 1 to 9999, as google.protobuf.Timestamp has them. */
const minSeconds = -62_135_596_800n;
const maxSeconds = 253_402_300_799n;

/** Cut to the millisecond: rounded up, the last of the year 9999 would be a time that no answer can hold. */
function readTime(time: Timestamp | undefined): Date | undefined {
  if (time === undefined) return undefined;
  const { seconds, nanos } = time;
  if (seconds >= minSeconds && seconds <= maxSeconds && nanos >= 0 && nanos < 1_000_000_000) {
    return new Date(Number(seconds) * 1_000 + Math.floor(nanos / 1_000_000));
  }
  throw invalidField("update.event_time", "must be a time between the years 1 and 9999");
}
