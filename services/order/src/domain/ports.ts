import type { Money } from "./money.ts";
import type { Order, OrderChange, OrderLine, Payment, PaymentDecision } from "./order.ts";
import type { OrderState } from "./order-state.ts";
import type { Shipment, ShipmentUpdate } from "./shipment.ts";

/** The time, so that tests can set it. */
export interface Clock {
  now(): Date;
}

/** What the domain says about faults that it survives. */
export interface FaultLog {
  error(details: Readonly<Record<string, unknown>>, message: string): void;
  warn(details: Readonly<Record<string, unknown>>, message: string): void;
}

/** What was ordered: units of a deal. */
export interface WantedLine {
  readonly dealId: string;
  readonly quantity: bigint;
}

/** A hold to take. */
export interface HoldRequest {
  readonly reservationId: string;
  readonly userId: string;
  readonly lines: readonly WantedLine[];
  readonly expireTime: Date;
}

/** A hold as the inventory knows it. */
export interface Hold {
  readonly reservationId: string;
  /** HELD, or how it was resolved in the meantime. */
  readonly state: "HELD" | "COMMITTED" | "RELEASED" | "EXPIRED" | "RETURNED";
  readonly lines: readonly OrderLine[];
  readonly expireTime: Date;
}

/** Why the inventory gives no hold. */
export type StockRefusalReason =
  | "SOLD_OUT"
  | "PURCHASE_LIMIT_REACHED"
  | "DEAL_NOT_FOUND"
  | "DEAL_NOT_STARTED"
  | "DEAL_ENDED"
  | "DEAL_CANCELLED";

/** What became of one wanted hold. `unknown`: no answer in time; the hold may or may not exist, and only its id tells. */
export type HoldOutcome =
  | { readonly kind: "hold"; readonly hold: Hold }
  | {
      readonly kind: "refused";
      readonly reason: StockRefusalReason;
      readonly message: string;
      readonly metadata: Readonly<Record<string, string>>;
    }
  /** No hold can be taken for these lines, as they are: `description` says what they must be. */
  | { readonly kind: "lines-refused"; readonly description: string }
  /** The id stands for a hold of something else. */
  | { readonly kind: "id-reused" }
  | { readonly kind: "unknown"; readonly cause: unknown };

/** The inventory, which belongs to another service. */
export interface Inventory {
  /** Takes holds, one outcome per request in the same order. Never throws: what it cannot learn is `unknown`. */
  reserve(requests: readonly HoldRequest[]): Promise<readonly HoldOutcome[]>;
  /** Gives holds back whose ids are closed. Best effort: the inventory resolves what this misses when the hold ends. */
  release(reservationIds: readonly string[]): Promise<void>;
}

/** What to pay. */
export interface CaptureRequest {
  /** The provider's idempotency key. */
  readonly paymentId: string;
  readonly orderId: string;
  readonly amount: Money;
  /** The provider's token for the means of payment. Never stored, never logged. */
  readonly paymentToken: string;
}

/** How a payment stands at the provider. `open`: under way there. `absent`: it never came. */
export type PaymentStatus = PaymentDecision | { readonly kind: "open" } | { readonly kind: "absent" };

/**
 * A payment provider. Each payment id is decided at most once. Every method throws where the answer is lost; what happened can
 * then be looked up.
 */
export interface PaymentProvider {
  /** Takes the money. Asking again with the same id answers the first decision. */
  capture(request: CaptureRequest): Promise<PaymentDecision>;
  /** How the payment stands. */
  lookUp(paymentId: string): Promise<PaymentStatus>;
  /** Closes an id that never came, so that a capture still on its way is refused; answers how the payment stands then. */
  abandon(paymentId: string): Promise<PaymentStatus>;
  /** Pays a captured payment back. True: done, also where it was done before. False: asked for, not confirmed yet. */
  refund(paymentId: string): Promise<boolean>;
}

/** Whose request it is. */
export interface RequestScope {
  /** Caller and method: ids of different callers or methods never meet. */
  readonly scope: string;
  readonly requestId: string;
}

/** A request that can be repeated: its scope and the SHA-256 of its payload. */
export interface KeyedRequest extends RequestScope {
  readonly fingerprint: Uint8Array;
}

/** What is kept about a request. `answer` is missing while it is not finished. */
export interface RequestRecord<Answer = Order> {
  readonly fingerprint: Uint8Array;
  readonly answer: Answer | undefined;
}

/** An order to store for the first time. */
export interface NewOrder {
  readonly order: Order;
  /** The trace that its request came in (W3C Trace Context), for its event. A batch belongs to no trace. */
  readonly traceparent: string | undefined;
  /** Whether its hold was there before: an earlier call may have claimed it. Where it tells wrongly, storing takes longer. */
  readonly isRepeat: boolean;
}

/** What became of new orders: those in neither found their reservation claimed already. */
export interface CreatedOrders {
  /** The ids of the orders that are stored. */
  readonly stored: ReadonlySet<string>;
  /** What the database said about those that it refused, by order id. */
  readonly faults: ReadonlyMap<string, unknown>;
}

/** What stands behind a reservation. No order id: nothing, for ever. */
export interface Claim {
  readonly reservationId: string;
  readonly orderId: string | undefined;
  /** How far the order is; EXPIRED where it let this reservation expire and went on with another. */
  readonly orderState: OrderState | undefined;
}

/** Which orders to list, the newest first. */
export interface OrderQuery {
  readonly userId: string | undefined;
  readonly state: OrderState | undefined;
  readonly dealId: string | undefined;
  /** Only orders with a smaller id; undefined for the first page. */
  readonly beforeOrderId: string | undefined;
  readonly maxOrders: number;
}

/** The rows of this service. Each write is one transaction, with its events in the outbox. */
export interface OrderStore {
  /** The records of these requests that are not past their time, by `requestKey`. */
  findRecords(requests: readonly RequestScope[]): Promise<ReadonlyMap<string, RequestRecord>>;
  /** Stores orders, each only if its reservation has no claim yet. One that the database refuses does not stop the others. */
  createOrders(orders: readonly NewOrder[]): Promise<CreatedOrders>;
  findClaims(reservationIds: readonly string[]): Promise<readonly Claim[]>;
  /** Closes the reservations that have no claim, then tells what stands behind each. */
  closeReservations(reservationIds: readonly string[]): Promise<readonly Claim[]>;
  getOrder(orderId: string): Promise<Order | undefined>;
  getOrders(orderIds: readonly string[]): Promise<readonly Order[]>;
  listOrders(query: OrderQuery): Promise<readonly Order[]>;
  /**
   * Stores one step of an order, and with `request` the record of the request that made it. False where the order moved in the
   * meantime or the request has a record already: then nothing was stored.
   */
  change(change: OrderChange, request?: KeyedRequest, signal?: AbortSignal): Promise<boolean>;
  /** Keeps a request's answer. Without a record it stores one, for a request that changed nothing. */
  saveAnswer(request: KeyedRequest, answer: Order): Promise<void>;
  /** Expires up to `maxOrders` whose time is over; those with an open payment only if it was over at `paymentDueTime`. */
  expireOrders(options: { readonly paymentDueTime: Date; readonly maxOrders: number }): Promise<number>;
  getPayment(paymentId: string): Promise<Payment | undefined>;
  /** Takes open payments that are due for a look, and puts their next one off. */
  takePaymentsToCheck(maxPayments: number): Promise<readonly Payment[]>;
  /** Deletes up to `maxRecords` records that are past their time; answers how many. */
  deleteOldRecords(maxRecords: number): Promise<number>;
  /** Takes no new steps and answers, and resolves when those that wait are stored. */
  drain(): Promise<void>;
}

/** Tells when an order may have changed, also by another process. */
export interface OrderSignals {
  /** Calls `wake` at each change of the order until the answered function is called. Undefined where too many watch. */
  watch(orderId: string, wake: () => void): (() => void) | undefined;
}

/** The rows of shipments. */
export interface ShipmentStore {
  findShipmentRecord(request: RequestScope): Promise<RequestRecord<Shipment> | undefined>;
  findUpdateRecord(request: RequestScope): Promise<RequestRecord<ShipmentUpdate> | undefined>;
  getShipment(shipmentId: string): Promise<(Shipment & { readonly userId: string }) | undefined>;
  hasShipment(orderId: string): Promise<boolean>;
  /** Stores a shipment with its order's step. False where the order moved in the meantime: then nothing was stored. */
  createShipment(shipment: Shipment, change: OrderChange, request: KeyedRequest | undefined): Promise<boolean>;
  /** Adds an update, with its order's step where there is one. Undefined where the order moved in the meantime: then nothing was stored. */
  addUpdate(update: Omit<ShipmentUpdate, "updateId">, change: OrderChange | undefined, request: KeyedRequest | undefined): Promise<ShipmentUpdate | undefined>;
  /** Updates of a shipment with a smaller id, the newest first. */
  listUpdates(shipmentId: string, beforeUpdateId: string | undefined, maxUpdates: number): Promise<readonly ShipmentUpdate[]>;
}
