import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import {
  ResolveReservationResultSchema,
  type ResolveReservationEntry,
  type ResolveReservationResult,
} from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import type { ResolutionIntent } from "../domain/decide-resolutions.ts";
import type { ReservationStore } from "../domain/ports.ts";
import { reservationMessage } from "../message/reservation-message.ts";
import { entryStatus, outcomeError } from "./errors.ts";
import { actorOf } from "./keyed-write.ts";

/** Resolves holds all with one intent; each entry gets its own result. */
export async function resolveEntries(
  reservations: ReservationStore,
  entries: readonly ResolveReservationEntry[],
  intent: ResolutionIntent,
  context: HandlerContext,
): Promise<ResolveReservationResult[]> {
  const wanted = entries.map(({ reservationId, orderId, reason }) => ({
    reservationId: reservationId.toLowerCase(),
    orderId: orderId === "" ? undefined : orderId.toLowerCase(),
    reason,
    intent,
  }));
  const outcomes = await reservations.resolve(wanted, actorOf(context), context.signal);
  return outcomes.map((outcome) =>
    create(ResolveReservationResultSchema, {
      outcome:
        outcome.kind === "resolved" || outcome.kind === "unchanged"
          ? { case: "reservation", value: reservationMessage(outcome.reservation) }
          : { case: "error", value: entryStatus(outcomeError(outcome)) },
    }),
  );
}
