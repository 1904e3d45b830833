import { create } from "@bufbuild/protobuf";
import { timestampFromDate, type Timestamp } from "@bufbuild/protobuf/wkt";
import type { MethodImpl } from "@connectrpc/connect";
import {
  DealTermsSchema,
  ReservationSchema,
  ReservationState,
  ReservationView,
  ReserveStockResponseSchema,
  ReserveStockResultSchema,
  type DealTerms,
  type Reservation as ReservationMessage,
  type InventoryService,
  type ReserveStockEntry,
  type ReserveStockResult,
} from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import type { Reservation, ReserveEntry, ReserveOutcome } from "../domain/reservation.ts";
import { moneyMessage } from "../message/money-message.ts";
import { reservationMessage } from "../message/reservation-message.ts";
import { entryStatus, outcomeError } from "./errors.ts";
import { invalidInput, momentOf } from "./input-check.ts";
import type { HandlerServices } from "./services.ts";

/** Takes holds, each entry decided by itself. */
export function reserveStock({ strategy, log }: HandlerServices): MethodImpl<typeof InventoryService.method.reserveStock> {
  return async (request, context) => {
    const entries = request.entries.map(readEntry);
    const sound = entries.filter((entry) => entry !== undefined);
    const outcomes = sound.length === 0 ? [] : await strategy.reserve(sound, context.signal);
    const outcomeOf = new Map(sound.map((entry, index) => [entry, outcomes[index]]));
    const view = request.view === ReservationView.BASIC ? createBasicView() : undefined;
    const response = create(ReserveStockResponseSchema);
    response.results = entries.map((entry, index) => {
      const outcome = entry === undefined ? undefined : outcomeOf.get(entry);
      if (outcome?.kind === "failed") log.error({ err: outcome.cause, reservationId: entry?.reservationId }, "the database refused a hold");
      return toResult(outcome, `entries[${index}]`, view?.toMessage ?? reservationMessage);
    });
    if (view !== undefined) response.deals = [...view.deals.values()];
    return response;
  };
}

/** Reservations without what their caller knows, and the terms of their deals. Field by field: `create` takes three times as long where it is given the fields. */
function createBasicView() {
  const deals = new Map<string, DealTerms>();
  let shared: { readonly ms: number; readonly timestamp: Timestamp } | undefined;
  const toMessage = ({ state, lines, expireTime }: Reservation): ReservationMessage => {
    for (const { dealId, productId, vendorItemId, fulfillmentCenterId, title, unitPrice } of lines) {
      if (!deals.has(dealId)) deals.set(dealId, create(DealTermsSchema, { dealId, productId, vendorItemId, fulfillmentCenterId, title, unitPrice: moneyMessage(unitPrice) }));
    }
    const ms = expireTime.getTime();
    if (shared?.ms !== ms) shared = { ms, timestamp: timestampFromDate(expireTime) };
    const message = create(ReservationSchema);
    message.state = ReservationState[state];
    message.expireTime = shared.timestamp;
    return message;
  };
  return { deals, toMessage };
}

/** Undefined where the entry's time is no time: it fails alone. */
function readEntry({ reservationId, userId, lines, expireTime }: ReserveStockEntry): ReserveEntry | undefined {
  const moment = expireTime === undefined ? undefined : momentOf(expireTime);
  if (moment === undefined) return undefined;
  return {
    reservationId: reservationId.toLowerCase(),
    userId: userId.toLowerCase(),
    lines: lines.map(({ dealId, quantity }) => ({ dealId: dealId.toLowerCase(), quantity })),
    expireTime: moment,
  };
}

function toResult(outcome: ReserveOutcome | undefined, field: string, toMessage: (reservation: Reservation) => ReservationMessage): ReserveStockResult {
  const result = create(ReserveStockResultSchema);
  if (outcome?.kind === "held") {
    result.outcome = { case: "reservation", value: toMessage(outcome.reservation) };
  } else {
    const error = outcome === undefined ? timeInvalid(`${field}.expire_time`) : outcomeError(outcome, field);
    result.outcome = { case: "error", value: entryStatus(error) };
  }
  return result;
}

function timeInvalid(field: string): ReturnType<typeof invalidInput> {
  const description = "must be a time from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z";
  return invalidInput([{ field, description }], `${field} ${description}.`);
}
