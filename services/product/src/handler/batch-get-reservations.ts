import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { BatchGetReservationsResponseSchema, type InventoryService } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { reservationMessage } from "../message/reservation-message.ts";
import type { HandlerServices } from "./services.ts";

/** Answers the reservations that exist. */
export function batchGetReservations({ reservations }: HandlerServices): MethodImpl<typeof InventoryService.method.batchGetReservations> {
  return async ({ reservationIds }) => {
    const found = await reservations.getReservations(reservationIds.map((id) => id.toLowerCase()));
    return create(BatchGetReservationsResponseSchema, { reservations: found.map(reservationMessage) });
  };
}
