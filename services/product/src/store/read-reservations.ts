import type { Queryable } from "@flashdeal/runtime/database";
import type { Reservation } from "../domain/reservation.ts";
import { listReservationLines, listReservations, type ListReservationsRow } from "./gen/reservations.sql.ts";
import { toReservations } from "./rows.ts";

/** The reservations that exist, by id. */
export async function readReservations(db: Queryable, reservationIds: readonly string[]): Promise<ReadonlyMap<string, Reservation>> {
  return withLines(db, await listReservations(db, { reservationIds }));
}

/** Adds their lines, which never change. */
export async function withLines(db: Queryable, rows: readonly ListReservationsRow[]): Promise<ReadonlyMap<string, Reservation>> {
  if (rows.length === 0) return new Map();
  const lines = await listReservationLines(db, { reservationIds: rows.map((row) => row.reservationId) });
  return toReservations(rows, lines);
}
