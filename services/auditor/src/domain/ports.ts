import type { Finding, ViolationKind } from "./finding.ts";

/** The time. */
export interface Clock {
  now(): Date;
}

/** What the keys of stock are. */
export interface StockKey {
  readonly vendorItemId: string;
  readonly fulfillmentCenterId: string;
}

/** A key's state and what the inventory's books say of it. */
export interface Book extends StockKey {
  readonly onHand: bigint;
  readonly reserved: bigint;
  readonly version: bigint;
  readonly onHandSum: bigint;
  readonly reservedSum: bigint;
  /** Units of the reservations that are HELD. */
  readonly held: bigint;
  /** Units that left with sales, less those that came back, as the movements say. */
  readonly soldSum: bigint;
  /** Units of the reservations that are COMMITTED. */
  readonly sold: bigint;
}

/** A key as the read model has it. */
export interface ReadStock extends StockKey {
  readonly onHand: bigint;
  readonly reserved: bigint;
  readonly version: bigint;
}

/** How far a reservation is. */
export type ReservationState = "HELD" | "COMMITTED" | "RELEASED" | "EXPIRED" | "RETURNED" | "UNKNOWN";

/** A reservation as the inventory has it. */
export interface Reservation {
  readonly reservationId: string;
  readonly userId: string;
  readonly state: ReservationState;
  /** Units per deal. */
  readonly units: ReadonlyMap<string, bigint>;
  readonly expireTime: Date;
}

/** How far an order is. */
export type OrderState = "PENDING_PAYMENT" | "PAID" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "EXPIRED" | "UNKNOWN";

/** An order as the order service has it. */
export interface Order {
  readonly orderId: string;
  readonly reservationId: string;
  readonly state: OrderState;
  /** Units per deal. */
  readonly units: ReadonlyMap<string, bigint>;
}

/** What stands behind a reservation. No order: the id is closed, so that none ever will be. */
export interface Claim {
  readonly order: Order | undefined;
}

/** A buyer of a deal whose count differs from the buyer's reservations. */
export interface PurchaseMismatch {
  readonly dealId: string;
  readonly userId: string;
  readonly counted: bigint;
  readonly reserved: bigint;
}

/** A page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Undefined after the last page. */
  readonly next: string | undefined;
}

/** What the services say. Every method throws where a service does not answer. */
export interface Services {
  listBooks(vendorItemId: string, pageToken: string, signal: AbortSignal): Promise<Page<Book>>;
  /** Reservations that hold or have sold units. */
  listReservations(vendorItemId: string, pageToken: string, signal: AbortSignal): Promise<Page<Reservation>>;
  getReservations(reservationIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Reservation>>;
  /** What stands behind reservations. Those about which nothing was decided are absent. */
  getClaims(reservationIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Claim>>;
  listOrders(pageToken: string, signal: AbortSignal): Promise<Page<Order>>;
  /** Undefined: there is none. */
  getOrder(orderId: string, signal: AbortSignal): Promise<Order | undefined>;
  getReadStocks(keys: readonly StockKey[], signal: AbortSignal): Promise<ReadonlyMap<string, ReadStock>>;
  /** Buyers whose count differs from their reservations, in one snapshot. */
  listPurchaseMismatches(vendorItemId: string, pageToken: string, signal: AbortSignal): Promise<Page<PurchaseMismatch>>;
  readonly repairs: Repairs;
}

/** What the services are asked to mend. Each is decided anew by the service that owns the data, under its locks. */
export interface Repairs {
  /** Brings state and movements together. Undefined: done; else why it is unsafe. */
  reconcileStock(key: StockKey, reason: string): Promise<string | undefined>;
  /** Tells the state of a key anew, under a version above this one. */
  republishStock(key: StockKey, aboveVersion: bigint): Promise<void>;
  /** Raises what is counted for a buyer. Undefined: done; else why it is unsafe. */
  reconcilePurchase(dealId: string, userId: string): Promise<string | undefined>;
  /** The order of the user that goes with the reservation, whether or not it has claimed it. Throws where the user has too many to look through. */
  findOrderOf(userId: string, reservationId: string): Promise<string | undefined>;
  /** Closes the reservation at the order service for ever. Answers the order that stands behind it, if there is one: then nothing is closed. */
  closeReservation(reservationId: string): Promise<string | undefined>;
  /** Gives a hold back. False: it went another way before. */
  release(reservationId: string, orderId: string, reason: string): Promise<boolean>;
  /** Makes a sale of a hold. False: it went another way before. */
  commit(reservationId: string, orderId: string, reason: string): Promise<boolean>;
}

/** One audit. */
export interface Audit {
  readonly auditId: string;
  readonly state: "RUNNING" | "PASSED" | "FAILED" | "ABORTED";
  readonly checkedCount: bigint;
  readonly violationCount: bigint;
  readonly error: string;
  readonly createTime: Date;
  readonly endTime: Date | null;
}

/** What an audit found. */
export interface Violation extends Finding {
  readonly violationId: string;
  readonly auditId: string;
  readonly state: "OPEN" | "REPAIRED";
  readonly createTime: Date;
}

/** Whose key a call uses, and what it asks for. */
export interface KeyedCall {
  readonly scope: string;
  readonly requestId: string;
  readonly fingerprint: Uint8Array;
}

/** How an audit ended. */
export interface AuditEnd {
  readonly state: "PASSED" | "FAILED" | "ABORTED";
  readonly checkedCount: number;
  readonly violationCount: number;
  readonly error: string;
}

/** Audits and what they found. */
export interface AuditStore {
  /** Begins an audit, or answers the one that the same call began. */
  begin(audit: { readonly auditId: string; readonly vendorItemId: string }, call: KeyedCall | undefined): Promise<{ readonly audit: Audit; readonly isNew: boolean } | "request-id-reused">;
  get(auditId: string): Promise<Audit | undefined>;
  /** When the newest audit of everything began; undefined where there was none. */
  lastBeginTime(): Promise<Date | undefined>;
  /** Notes that these are still worked on, or wait for their turn. */
  keepAlive(auditIds: readonly string[]): Promise<void>;
  progress(auditId: string, checkedCount: number): Promise<void>;
  addFindings(auditId: string, findings: readonly Finding[]): Promise<void>;
  end(auditId: string, end: AuditEnd): Promise<void>;
  /** Ends those whose process is gone. */
  abortForgotten(before: Date): Promise<void>;
  deleteOld(before: Date): Promise<void>;
  listViolations(query: { readonly auditId: string; readonly kind: ViolationKind | undefined; readonly afterViolationId: string | undefined; readonly maxRows: number }): Promise<readonly Violation[]>;
  getViolation(auditId: string, violationId: string): Promise<Violation | undefined>;
  markRepaired(violationId: string): Promise<void>;
}
