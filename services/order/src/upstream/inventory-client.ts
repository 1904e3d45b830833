import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { anyUnpack, timestampFromDate, type Timestamp } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, type Client, type Transport } from "@connectrpc/connect";
import {
  InventoryService,
  ReservationState,
  ReservationView,
  ReservationLineSchema,
  ReserveStockEntrySchema,
  type DealTerms,
  type Reservation,
  type ReserveStockEntry,
  type ReserveStockResult,
  type ReservedLine,
} from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { BadRequestSchema, ErrorInfoSchema } from "@flashdeal/proto/google/rpc/error_details_pb";
import type { Status } from "@flashdeal/proto/google/rpc/status_pb";
import { setTimeout as sleep } from "node:timers/promises";
import type { OrderLine } from "../domain/order.ts";
import type { FaultLog, Hold, HoldOutcome, HoldRequest, Inventory, StockRefusalReason, WantedLine } from "../domain/ports.ts";
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
      const { results, deals } = await client.reserveStock({ entries, view: ReservationView.BASIC }, { timeoutMs: options.timeoutMs });
      if (results.length !== entries.length) throw new Error(`${entries.length} holds were asked for, and ${results.length} answered`);
      const terms = new Map(deals.map((deal) => [deal.dealId, termsOf(deal)]));
      return requests.map((request, index) => toOutcome(results[index], request, terms));
    } catch (error) {
      cause = error;
      options.log.warn({ cause: ConnectError.from(error).message, attempt, holds: entries.length }, "the outcome of ReserveStock is unknown");
      if (final.has(ConnectError.from(error).code)) break;
    }
  }
  return requests.map(() => ({ kind: "unknown", cause }));
}

/** Field by field: `create` takes three times as long where it is given the fields. The requests of a batch share their time. */
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

type Terms = Omit<OrderLine, "quantity">;

function termsOf({ dealId, productId, vendorItemId, fulfillmentCenterId, title, unitPrice }: DealTerms | ReservedLine): Terms {
  return { dealId, productId, vendorItemId, fulfillmentCenterId, title, unitPrice: moneyFromMessage(unitPrice) };
}

function lineOf({ dealId, productId, vendorItemId, fulfillmentCenterId, title, unitPrice }: Terms, quantity: bigint): OrderLine {
  return { dealId, productId, vendorItemId, fulfillmentCenterId, title, quantity, unitPrice };
}

function toOutcome(result: ReserveStockResult | undefined, request: HoldRequest, terms: ReadonlyMap<string, Terms>): HoldOutcome {
  switch (result?.outcome.case) {
    case "reservation":
      return toHold(result.outcome.value, request, terms);
    case "error":
      return toRefusal(result.outcome.value);
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

function toHold(reservation: Reservation, { reservationId, lines }: HoldRequest, terms: ReadonlyMap<string, Terms>): HoldOutcome {
  const state = holdStates[reservation.state];
  if (state === undefined) return { kind: "unknown", cause: new Error(`the reservation is in the unknown state ${reservation.state}`) };
  // An inventory that does not know of views answers all of it.
  const held = reservation.lines.length > 0 ? reservation.lines.map((line) => lineOf(termsOf(line), line.quantity)) : linesOf(lines, terms);
  if (held === undefined) return { kind: "unknown", cause: new Error(`the terms of a deal of reservation ${reservationId} are missing`) };
  return { kind: "hold", hold: { reservationId, state, lines: held, expireTime: dateFrom(reservation.expireTime) } };
}

/** What was asked for, each deal once, with its terms; undefined where those of one are missing. */
function linesOf(wanted: readonly WantedLine[], terms: ReadonlyMap<string, Terms>): readonly OrderLine[] | undefined {
  const [only] = wanted;
  if (only !== undefined && wanted.length === 1) {
    const deal = terms.get(only.dealId.toLowerCase());
    return deal && [lineOf(deal, only.quantity)];
  }
  const lines = new Map<string, OrderLine>();
  for (const { dealId, quantity } of wanted) {
    const deal = terms.get(dealId.toLowerCase());
    if (deal === undefined) return undefined;
    lines.set(deal.dealId, lineOf(deal, quantity + (lines.get(deal.dealId)?.quantity ?? 0n)));
  }
  return [...lines.values()];
}
