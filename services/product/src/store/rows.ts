import type { Deal } from "../domain/deal.ts";
import type { Money } from "../domain/money.ts";
import type { Product } from "../domain/product.ts";
import type { Reservation, ReservedLine } from "../domain/reservation.ts";
import type { Movement } from "../domain/stock.ts";
import type { ListDealsRow } from "./gen/deals.sql.ts";
import type { GetProductRow } from "./gen/products.sql.ts";
import type { ListReservationLinesRow, ListReservationsRow } from "./gen/reservations.sql.ts";
import type { ListMovementsRow } from "./gen/stocks.sql.ts";

interface PriceColumns {
  readonly priceCurrency: string;
  readonly priceUnits: bigint;
  readonly priceNanos: number;
}

function money(row: PriceColumns): Money {
  return { currencyCode: row.priceCurrency, units: row.priceUnits, nanos: row.priceNanos };
}

/** A row as the domain's product. */
export function toProduct(row: GetProductRow): Product {
  const { productId, vendorItemId, name, description, tags, createTime, updateTime } = row;
  return { productId, vendorItemId, name, description, price: money(row), tags, createTime, updateTime };
}

/** A row as the domain's deal. */
export function toDeal(row: ListDealsRow): Deal {
  const { dealId, productId, vendorItemId, fulfillmentCenterId, title, startTime, endTime, perUserLimit, createTime, updateTime } = row;
  const cancelTime = row.cancelTime ?? undefined;
  const price = money(row);
  return { dealId, productId, vendorItemId, fulfillmentCenterId, title, price, startTime, endTime, perUserLimit, cancelTime, createTime, updateTime };
}

/** Rows as the domain's reservations, by id. `lines` are those of `rows`, sorted by reservation and line number. */
export function toReservations(
  rows: readonly ListReservationsRow[],
  lines: readonly ListReservationLinesRow[],
): ReadonlyMap<string, Reservation> {
  const linesOf = new Map<string, ReservedLine[]>(rows.map((row) => [row.reservationId, []]));
  for (const row of lines) {
    const { dealId, productId, vendorItemId, fulfillmentCenterId, title, quantity, perUserLimit } = row;
    linesOf.get(row.reservationId)?.push({ dealId, productId, vendorItemId, fulfillmentCenterId, title, quantity, unitPrice: money(row), perUserLimit });
  }
  return new Map(
    rows.map(({ reservationId, userId, state, expireTime, createTime }) => [
      reservationId,
      { reservationId, userId, state, lines: linesOf.get(reservationId) ?? [], expireTime, createTime },
    ]),
  );
}

/** A row as the domain's movement. */
export function toMovement(row: ListMovementsRow): Movement {
  return { ...row, reservationId: row.reservationId ?? undefined, orderId: row.orderId ?? undefined };
}
