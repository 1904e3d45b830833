import { create } from "@bufbuild/protobuf";
import { anyPack, type Any } from "@bufbuild/protobuf/wkt";
import type { ConnectError } from "@connectrpc/connect";
import { StatusSchema, type Status } from "@flashdeal/proto/google/rpc/status_pb";
import { ErrorReason, internalError, reasonError } from "@flashdeal/runtime/errors";
import type { ResolveOutcome } from "../domain/decide-resolutions.ts";
import type { TotalFault } from "../domain/money.ts";
import type {
  AdjustStockOutcome,
  ReconcilePurchaseOutcome,
  ReconcileStockOutcome,
  CancelDealOutcome,
  CreateDealOutcome,
  CreateProductsOutcome,
  DeleteProductOutcome,
  UpdateProductOutcome,
  WriteOutcome,
} from "../domain/ports.ts";
import type { ReserveOutcome } from "../domain/reservation.ts";
import { invalidInput } from "./input-check.ts";

type Outcome =
  | CreateProductsOutcome
  | UpdateProductOutcome
  | DeleteProductOutcome
  | CreateDealOutcome
  | CancelDealOutcome
  | AdjustStockOutcome
  | ReconcileStockOutcome
  | ReconcilePurchaseOutcome
  | WriteOutcome<unknown>
  | ReserveOutcome
  | ResolveOutcome;

/** Outcomes that are answers, not errors. */
type Success = "counted" | "created" | "updated" | "deleted" | "cancelled" | "adjusted" | "done" | "held" | "resolved" | "unchanged";

/** Outcomes that a caller is told as an error. */
export type Failure = Exclude<Outcome, { readonly kind: Success }>;

/** The one table from domain outcomes to the contract's reasons. `field`: where the entry stands in its request. */
export function outcomeError(outcome: Failure, field = ""): ConnectError {
  switch (outcome.kind) {
    case "vendor-item-taken": {
      const metadata = { vendor_item_id: outcome.vendorItemIds[0] ?? "" };
      return reasonError(ErrorReason.VENDOR_ITEM_TAKEN, `Another product has the vendor_item_id ${metadata.vendor_item_id}.`, { metadata });
    }
    case "product-not-found":
      return reasonError(ErrorReason.PRODUCT_NOT_FOUND, "No product has this id.", { metadata: { product_id: outcome.productId } });
    case "product-in-use": {
      const metadata = { open_deals: String(outcome.openDeals) };
      return reasonError(ErrorReason.PRODUCT_IN_USE, "Deals that are not over sell this product.", { metadata });
    }
    case "window-empty":
      return violation("deal.end_time", `must be after the deal's start, ${outcome.startTime.toISOString()}`);
    case "currency-differs":
      return violation("deal.deal_price.currency_code", `must be the currency of the product's price, ${outcome.currencyCode}`);
    case "stock-not-found":
      return stockNotFound();
    case "stock-below-reserved": {
      const metadata = { available: String(outcome.available) };
      return reasonError(ErrorReason.STOCK_BELOW_RESERVED, `Only ${outcome.available} units are there and not reserved.`, { metadata });
    }
    case "repair-unsafe":
      return reasonError(ErrorReason.REPAIR_UNSAFE, `Not repaired: ${outcome.description}.`);
    case "request-id-reused":
      return reasonError(ErrorReason.REQUEST_ID_REUSED, "This request_id was used for a call with another payload.");
    case "request-in-progress":
      return reasonError(ErrorReason.REQUEST_IN_PROGRESS, "The first call with this request_id is still running.", { retryAfterMs: 100 });
    case "reservation-not-found":
      return reasonError(ErrorReason.RESERVATION_NOT_FOUND, "No reservation has this id.", {
        metadata: { reservation_id: outcome.reservationId },
      });
    case "resolved-otherwise": {
      const { state } = outcome.reservation;
      return reasonError(ErrorReason.RESERVATION_RESOLVED, `The reservation is ${state}.`, { metadata: { state } });
    }
    case "reservation-id-reused": {
      // The reason tells the order service that no retry will ever help: it is no lost answer.
      const [path, description] = [`${field}.${outcome.field}`, "must be what it was when the reservation_id was used first"];
      return reasonError(ErrorReason.REQUEST_ID_REUSED, `${path} ${description}.`, { violations: [{ field: path, description }] });
    }
    case "lines-without-total":
      return violation(`${field}.lines`, withoutTotal[outcome.fault]);
    case "failed":
      return internalError(outcome.cause);
    default:
      return dealError(outcome);
  }
}

const withoutTotal: Readonly<Record<TotalFault, string>> = {
  "mixed-currencies": "must be of deals in one currency",
  "too-large": "must have a total of at most 9,223,372,036,854,775,807 units",
};

type DealFailure = Extract<Failure, { readonly dealId: string }>;

function dealError(outcome: DealFailure): ConnectError {
  const deal = { deal_id: outcome.dealId };
  switch (outcome.kind) {
    case "deal-not-found":
      return reasonError(ErrorReason.DEAL_NOT_FOUND, "No deal has this id.", { metadata: deal });
    case "deal-cancelled":
      return reasonError(ErrorReason.DEAL_CANCELLED, "The deal was cancelled.", { metadata: deal });
    case "deal-not-started": {
      const metadata = { ...deal, start_time: outcome.startTime.toISOString() };
      return reasonError(ErrorReason.DEAL_NOT_STARTED, `The deal starts at ${metadata.start_time}.`, { metadata });
    }
    case "deal-ended": {
      const metadata = { ...deal, end_time: outcome.endTime.toISOString() };
      return reasonError(ErrorReason.DEAL_ENDED, `The deal ended at ${metadata.end_time}.`, { metadata });
    }
    case "purchase-limit-reached": {
      const metadata = { ...deal, per_user_limit: String(outcome.perUserLimit) };
      return reasonError(ErrorReason.PURCHASE_LIMIT_REACHED, `One buyer may have ${outcome.perUserLimit} units of this deal.`, { metadata });
    }
    case "sold-out": {
      const metadata = { ...deal, available: String(outcome.available) };
      return reasonError(ErrorReason.SOLD_OUT, `${outcome.available} units are left.`, { metadata });
    }
  }
}

/** No stock was ever received for the key. */
export function stockNotFound(): ConnectError {
  return reasonError(ErrorReason.STOCK_NOT_FOUND, "No stock was ever received for this item at this fulfilment centre.");
}

/** A page token whose cursor no answer of ours ever held. */
export function pageTokenInvalid(): ConnectError {
  return reasonError(ErrorReason.PAGE_TOKEN_INVALID, "Use next_page_token of the previous answer, or none for the first page.", {
    violations: [{ field: "page_token", description: "must be next_page_token of a previous answer to the same request" }],
  });
}

function violation(field: string, description: string): ConnectError {
  return invalidInput([{ field, description }], `${field} ${description}.`);
}

/** An error as one entry of a batch carries it. */
export function entryStatus(error: ConnectError): Status {
  const details = error.details.map((detail): Any =>
    "desc" in detail
      ? anyPack(detail.desc, create(detail.desc, detail.value))
      : ({ $typeName: "google.protobuf.Any", typeUrl: `type.googleapis.com/${detail.type}`, value: detail.value } satisfies Any),
  );
  return create(StatusSchema, { code: error.code, message: error.rawMessage, details });
}
