import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { anyUnpack, timestampFromDate, type Timestamp } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, type Client, type Transport } from "@connectrpc/connect";
import {
  InventoryService,
  ReservationState,
  ReservationLineSchema,
  ReserveStockEntrySchema,
  type Reservation,
  type ReserveStockEntry,
  type ReserveStockResult,
} from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { BadRequestSchema, ErrorInfoSchema } from "@flashdeal/proto/google/rpc/error_details_pb";
import type { Status } from "@flashdeal/proto/google/rpc/status_pb";
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultLog, Hold, HoldOutcome, HoldRequest, Inventory, StockRefusalReason } from "../domain/ports.ts";
import { dateFrom, moneyFromMessage } from "../message/order-message.ts";

/** How the inventory is called. */
export interface InventoryClientOptions {
  readonly transport: Transport;
  readonly log: FaultLog;
  /** Longest wait for one answer, in milliseconds. */
  readonly timeoutMs: number;
  /** How often the same holds are asked for before their outcome counts as unknown. */
  readonly maxAttempts: number;
  /** Pause before the second attempt, in milliseconds; doubles for each further one, with jitter. */
  readonly retryPauseMs: number;
}

/** ReserveStock and ReleaseStock take this many entries. */
const maxEntries = 1_000;

const final: ReadonlySet<Code> = new Set([Code.InvalidArgument, Code.Unimplemented, Code.Unauthenticated, Code.PermissionDenied]);

/**
 * The inventory over gRPC. A lost answer is no failure: the same holds are asked for again, by the same ids, and the inventory
 * answers what the first call got. What stays unknown is left alone; nothing is released on a guess.
 */
export function createInventoryClient(options: InventoryClientOptions): Inventory {
  const client = createClient(InventoryService, options.transport);
  return {
    async reserve(requests) {
      const outcomes: HoldOutcome[] = [];
      for (let start = 0; start < requests.length; start += maxEntries) {
        outcomes.push(...(await reserve(client, options, requests.slice(start, start + maxEntries))));
      }
      return outcomes;
    },
    async release(reservationIds) {
      const entries = reservationIds.map((reservationId) => ({ reservationId }));
      if (entries.length === 0) return;
      try {
        await client.releaseStock({ entries }, { timeoutMs: options.timeoutMs });
      } catch (error) {
        options.log.warn({ cause: ConnectError.from(error).message, reservationIds }, "holds were not given back; they end by themselves");
      }
    },
  };
}

async function reserve(client: Client<typeof InventoryService>, options: InventoryClientOptions, requests: readonly HoldRequest[]): Promise<HoldOutcome[]> {
  const entries = toEntries(requests);
  let cause: unknown;
  for (let attempt = 1; attempt <= options.maxAttempts; attempt++) {
    if (attempt > 1) await sleep(options.retryPauseMs * 2 ** (attempt - 2) * (0.5 + Math.random()));
    try {
      const { results } = await client.reserveStock({ entries }, { timeoutMs: options.timeoutMs });
      if (results.length !== entries.length) throw new Error(`${entries.length} holds were asked for, and ${results.length} answered`);
      return results.map(toOutcome);
    } catch (error) {
      cause = error;
      options.log.warn({ cause: ConnectError.from(error).message, attempt, holds: entries.length }, "the outcome of ReserveStock is unknown");
      if (final.has(ConnectError.from(error).code)) break;
    }
  }
  return requests.map(() => ({ kind: "unknown", cause }));
}

/** Field by field: `create` takes three times as long with what it is to begin with. The requests of a batch share their time. */
function toEntries(requests: readonly HoldRequest[]): ReserveStockEntry[] {
  let shared: { readonly date: Date; readonly timestamp: Timestamp } | undefined;
  return requests.map(({ reservationId, userId, lines, expireTime }) => {
    if (shared?.date !== expireTime) shared = { date: expireTime, timestamp: timestampFromDate(expireTime) };
    const entry = create(ReserveStockEntrySchema);
    entry.reservationId = reservationId;
    entry.userId = userId;
    entry.expireTime = shared.timestamp;
    for (const { dealId, quantity } of lines) {
      const line = create(ReservationLineSchema);
      line.dealId = dealId;
      line.quantity = quantity;
      entry.lines.push(line);
    }
    return entry;
  });
}

const refusals: ReadonlySet<string> = new Set<StockRefusalReason>([
  "SOLD_OUT",
  "PURCHASE_LIMIT_REACHED",
  "DEAL_NOT_FOUND",
  "DEAL_NOT_STARTED",
  "DEAL_ENDED",
  "DEAL_CANCELLED",
]);

function isRefusal(reason: string | undefined): reason is StockRefusalReason {
  return reason !== undefined && refusals.has(reason);
}

function toOutcome({ outcome }: ReserveStockResult): HoldOutcome {
  switch (outcome.case) {
    case "reservation":
      return toHold(outcome.value);
    case "error":
      return toRefusal(outcome.value);
    case undefined:
      return { kind: "unknown", cause: new Error("the inventory answered neither a hold nor an error") };
  }
}

function findDetail<Desc extends DescMessage>({ details }: Status, desc: Desc): MessageShape<Desc> | undefined {
  return details.map((detail) => anyUnpack(detail, desc)).find((detail) => detail !== undefined);
}

function toRefusal(status: Status): HoldOutcome {
  const info = findDetail(status, ErrorInfoSchema);
  if (isRefusal(info?.reason)) return { kind: "refused", reason: info.reason, message: status.message, metadata: info.metadata };
  if (info?.reason === "REQUEST_ID_REUSED") return { kind: "id-reused" };
  // Ids and times are ours, and bad ones a fault of ours; the lines are the buyer's.
  const [violation, ...others] = findDetail(status, BadRequestSchema)?.fieldViolations ?? [];
  if (violation !== undefined && others.length === 0 && /^entries\[\d+\]\.lines$/.test(violation.field)) {
    return { kind: "lines-refused", description: violation.description };
  }
  return { kind: "unknown", cause: new ConnectError(status.message, status.code) };
}

const holdStates: Readonly<Record<ReservationState, Hold["state"] | undefined>> = {
  [ReservationState.UNSPECIFIED]: undefined,
  [ReservationState.HELD]: "HELD",
  [ReservationState.COMMITTED]: "COMMITTED",
  [ReservationState.RELEASED]: "RELEASED",
  [ReservationState.EXPIRED]: "EXPIRED",
  [ReservationState.RETURNED]: "RETURNED",
};

function toHold(reservation: Reservation): HoldOutcome {
  const state = holdStates[reservation.state];
  if (state === undefined) return { kind: "unknown", cause: new Error(`the reservation is in the unknown state ${reservation.state}`) };
  const lines = reservation.lines.map(({ dealId, productId, vendorItemId, fulfillmentCenterId, title, quantity, unitPrice }) => {
    return { dealId, productId, vendorItemId, fulfillmentCenterId, title, quantity, unitPrice: moneyFromMessage(unitPrice) };
  });
  return { kind: "hold", hold: { reservationId: reservation.reservationId, state, lines, expireTime: dateFrom(reservation.expireTime) } };
}
