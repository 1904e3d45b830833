import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import {
  ReserveStockResponseSchema,
  ReserveStockResultSchema,
  type InventoryService,
  type ReserveStockEntry,
  type ReserveStockResult,
} from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import type { ReserveEntry, ReserveOutcome } from "../domain/reservation.ts";
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
    const results = entries.map((entry, index) => {
      const outcome = entry === undefined ? undefined : outcomeOf.get(entry);
      if (outcome?.kind === "failed") log.error({ err: outcome.cause, reservationId: entry?.reservationId }, "the database refused a hold");
      return toResult(outcome, `entries[${index}]`);
    });
    return create(ReserveStockResponseSchema, { results });
  };
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

function toResult(outcome: ReserveOutcome | undefined, field: string): ReserveStockResult {
  if (outcome?.kind === "held") {
    return create(ReserveStockResultSchema, { outcome: { case: "reservation", value: reservationMessage(outcome.reservation) } });
  }
  const error = outcome === undefined ? timeInvalid(`${field}.expire_time`) : outcomeError(outcome, field);
  return create(ReserveStockResultSchema, { outcome: { case: "error", value: entryStatus(error) } });
}

function timeInvalid(field: string): ReturnType<typeof invalidInput> {
  const description = "must be a time from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z";
  return invalidInput([{ field, description }], `${field} ${description}.`);
}
