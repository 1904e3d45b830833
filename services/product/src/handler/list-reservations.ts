import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { InventoryService, ListReservationsResponseSchema } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { reservationMessage } from "../message/reservation-message.ts";
import { nextPageToken, pageSizeOf, uuidCursor } from "./paging.ts";
import type { HandlerServices } from "./services.ts";

const method = InventoryService.method.listReservations;

/** Lists the reservations that hold or have sold units. */
export function listReservations({ reservations }: HandlerServices): MethodImpl<typeof method> {
  return async (request) => {
    const scope = { method, request };
    const pageSize = pageSizeOf(request);
    const rows = await reservations.listLive({ afterReservationId: uuidCursor(scope, request.pageToken), vendorItemId: request.vendorItemId || undefined, maxRows: pageSize + 1 });
    const page = rows.slice(0, pageSize);
    const last = rows.length > pageSize ? page.at(-1) : undefined;
    return create(ListReservationsResponseSchema, { reservations: page.map(reservationMessage), nextPageToken: nextPageToken(scope, last?.reservationId) });
  };
}
