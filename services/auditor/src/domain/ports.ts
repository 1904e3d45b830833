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
  readonly held: bigint;
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

/** A page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Undefined after the last page. */
  readonly next: string | undefined;
}

/** What the services say, and what they are asked to mend. Every method throws where a service does not answer. */
export interface Services {
  listBooks(vendorItemId: string, pageToken: string, signal: AbortSignal): Promise<Page<Book>>;
  /** Reservations that hold or have sold units. */
  listReservations(vendorItemId: string, pageToken: string, signal: AbortSignal): Promise<Page<Reservation>>;
  getReservations(reservationIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Reservation>>;
  /** What reservations were claimed for: an order, or (undefined) nothing. Those that were never claimed are absent. */
  getOrdersOfReservations(reservationIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, Order | undefined>>;
  listOrders(pageToken: string, signal: AbortSignal): Promise<Page<Order>>;
  getReadStocks(keys: readonly StockKey[], signal: AbortSignal): Promise<ReadonlyMap<string, ReadStock>>;
  /** Brings state and movements together, and tells the state anew. Undefined: done; else why it is unsafe. */
  reconcileStock(key: StockKey, reason: string): Promise<string | undefined>;
  /** Closes the reservation at the order service. Answers the order that stands behind it, if there is one. */
  closeReservation(reservationId: string): Promise<string | undefined>;
  release(reservationId: string): Promise<void>;
  commit(reservationId: string, orderId: string): Promise<void>;
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
