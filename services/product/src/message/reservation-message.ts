import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  ReservationSchema,
  ReservationState,
  ReservedLineSchema,
  type Reservation as ReservationMessage,
} from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import type { Reservation } from "../domain/reservation.ts";
import { moneyMessage } from "./money-message.ts";

/** A hold as the contract says it. */
export function reservationMessage(reservation: Reservation): ReservationMessage {
  return create(ReservationSchema, {
    reservationId: reservation.reservationId,
    userId: reservation.userId,
    state: ReservationState[reservation.state],
    lines: reservation.lines.map(({ unitPrice, ...line }) =>
      create(ReservedLineSchema, { ...line, unitPrice: moneyMessage(unitPrice) }),
    ),
    expireTime: timestampFromDate(reservation.expireTime),
    createTime: timestampFromDate(reservation.createTime),
  });
}
