import type { Deal, DealState, NewDeal } from "./deal.ts";
import type { ResolveEntry, ResolveOutcome } from "./decide-resolutions.ts";
import type { NewProduct, Product, ProductChange } from "./product.ts";
import type { Books } from "./reconcile.ts";
import type { Reservation, ReserveEntry, ReserveOutcome } from "./reservation.ts";
import type { OrderStanding } from "./settle-hold.ts";
import type { Movement, MovementKind, StockKey, StockLevel } from "./stock.ts";

/** The time. Every decision about windows and holds goes by it. */
export interface Clock {
  now(): Date;
}

/**
 * A way to take holds. Whatever it does inside, it never sells a unit twice, refuses nobody whom it could serve, gives all
 * lines of an entry or none, decides entries first come first served, and answers a repeated id with its first hold.
 */
export interface ReservationStrategy {
  /** Its name in the configuration. */
  readonly name: string;
  /**
   * Decides a batch of entries. Resolves, when the holds are durable, to one outcome per entry in the same order. Rejects
   * where the outcome of the whole batch is not known: ask again with the same ids. Rejects with OVERLOADED where too many wait, and with
   * the signal's reason where that fires while they wait: then nothing was done.
   */
  reserve(entries: readonly ReserveEntry[], signal?: AbortSignal): Promise<readonly ReserveOutcome[]>;
  /** Brings what it keeps beside the database in line with it; called in rounds. */
  reconcile?(): Promise<void>;
  /** Takes no new entries, and resolves when those that wait are decided. */
  drain(): Promise<void>;
}

/** What reads of the catalogue need. */
export interface CatalogueReader {
  getProduct(productId: string): Promise<Product | undefined>;
  /** The newest first. */
  listProducts(query: ProductQuery): Promise<readonly Product[]>;
  getDeal(dealId: string): Promise<Deal | undefined>;
  /** The newest first. */
  listDeals(query: DealQuery): Promise<readonly Deal[]>;
}

/** Which products to list; what is undefined does not restrict. */
export interface ProductQuery {
  /** Only products older than this one. */
  readonly beforeProductId: string | undefined;
  readonly tag: string | undefined;
  readonly nameContains: string | undefined;
  readonly vendorItemId: string | undefined;
  readonly maxRows: number;
}

/** Which deals to list; what is undefined does not restrict. */
export interface DealQuery {
  /** Only deals older than this one. */
  readonly beforeDealId: string | undefined;
  readonly productId: string | undefined;
  /** In this state now. */
  readonly state: DealState | undefined;
  readonly maxRows: number;
}

/** The writes of one transaction. A refusal changes nothing by itself; the transaction still has to be given up. */
export interface WriteSession {
  /** In the order of `products`. */
  createProducts(products: readonly NewProduct[]): Promise<CreateProductsOutcome>;
  updateProduct(productId: string, change: ProductChange): Promise<UpdateProductOutcome>;
  deleteProduct(productId: string): Promise<DeleteProductOutcome>;
  createDeal(deal: NewDeal): Promise<CreateDealOutcome>;
  cancelDeal(dealId: string): Promise<CancelDealOutcome>;
  receiveStock(receipt: StockChange): Promise<StockLevel>;
  adjustStock(adjustment: StockChange): Promise<AdjustStockOutcome>;
  /** Brings the state and the movements of a key together, and tells the state anew. */
  reconcileStock(change: Omit<StockChange, "delta">): Promise<ReconcileStockOutcome>;
  /** Tells a key's state anew, under the next version, or the one after `aboveVersion` where that is greater. */
  republishStock(key: StockKey, aboveVersion: bigint): Promise<RepublishStockOutcome>;
  /** Raises what is counted for a buyer to what the buyer's reservations add up to. */
  reconcilePurchase(dealId: string, userId: string): Promise<ReconcilePurchaseOutcome>;
}

export type CreateProductsOutcome =
  | { readonly kind: "created"; readonly products: readonly Product[] }
  | { readonly kind: "vendor-item-taken"; readonly vendorItemIds: readonly string[] };

export type UpdateProductOutcome = { readonly kind: "updated"; readonly product: Product } | ProductNotFound;

export type DeleteProductOutcome = { readonly kind: "deleted" } | { readonly kind: "product-in-use"; readonly openDeals: bigint } | ProductNotFound;

export type CreateDealOutcome =
  | { readonly kind: "created"; readonly deal: Deal }
  | { readonly kind: "window-empty"; readonly startTime: Date }
  | { readonly kind: "currency-differs"; readonly currencyCode: string }
  | ProductNotFound;

export type CancelDealOutcome = { readonly kind: "cancelled"; readonly deal: Deal } | { readonly kind: "deal-not-found"; readonly dealId: string };

export type AdjustStockOutcome =
  | { readonly kind: "adjusted"; readonly stock: StockLevel }
  | { readonly kind: "stock-below-reserved"; readonly available: bigint }
  | { readonly kind: "stock-not-found" };

export type ReconcileStockOutcome =
  | { readonly kind: "adjusted"; readonly stock: StockLevel }
  | { readonly kind: "repair-unsafe"; readonly description: string }
  | { readonly kind: "stock-not-found" };

export type RepublishStockOutcome = { readonly kind: "adjusted"; readonly stock: StockLevel } | { readonly kind: "stock-not-found" };

export type ReconcilePurchaseOutcome =
  | { readonly kind: "counted"; readonly counted: bigint }
  | { readonly kind: "repair-unsafe"; readonly description: string }
  | { readonly kind: "deal-not-found"; readonly dealId: string };

/** No product has this id. */
export interface ProductNotFound {
  readonly kind: "product-not-found";
  readonly productId: string;
}

/** A change of the units on hand by an admin. */
export interface StockChange extends StockKey {
  readonly delta: bigint;
  readonly reason: string;
  /** The admin's user id. */
  readonly actor: string;
}

/** Whose key a keyed call uses and what it asks for. */
export interface KeyedCall {
  readonly scope: string;
  readonly requestId: string;
  /** SHA-256 of the request without its key. */
  readonly fingerprint: Uint8Array;
}

/** How an answer is kept for a repeated call. */
export interface AnswerCodec<T> {
  encode(answer: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

export type WriteOutcome<T> =
  | { readonly kind: "done"; readonly answer: T }
  | { readonly kind: "request-id-reused" }
  | { readonly kind: "request-in-progress" };

/** Writes, each in one transaction with its events and, where it has a key, with the answer that a repeated call gets. */
export interface Writer {
  /** Commits when `work` resolves; when it throws, nothing is kept and the same error is thrown. */
  write<T>(call: KeyedCall | undefined, codec: AnswerCodec<T>, work: (session: WriteSession) => Promise<T>): Promise<WriteOutcome<T>>;
  /** As `write`, for a call without a key. */
  writeOnce<T>(work: (session: WriteSession) => Promise<T>): Promise<T>;
}

/** The holds that exist. */
export interface ReservationStore {
  /** Those that exist, in the order of `reservationIds`, each once. */
  getReservations(reservationIds: readonly string[]): Promise<readonly Reservation[]>;
  /**
   * Resolves to one outcome per entry in the same order. `actor`: who, for the ledger. Entries that still wait when the signal fires are
   * taken out: then it rejects with the signal's reason.
   */
  resolve(entries: readonly ResolveEntry[], actor: string, signal?: AbortSignal): Promise<readonly ResolveOutcome[]>;
  /** As `resolve`, for events: an event that was handled before is left out (`undefined`). */
  resolveForEvents(entries: readonly EventResolution[], actor: string): Promise<readonly (ResolveOutcome | undefined)[]>;
  /** Reservations that are HELD or COMMITTED, by id. */
  listLive(query: LiveQuery): Promise<readonly Reservation[]>;
  /** Buyers of deals whose count differs from their reservations, by deal and buyer. */
  listPurchaseMismatches(query: PurchaseQuery): Promise<readonly PurchaseMismatch[]>;
  /** Holds whose time was up at `expiredBy`, the longest expired first, after the one that `after` names. */
  listOverdueHolds(expiredBy: Date, after: OverdueHold | undefined, maxRows: number): Promise<readonly OverdueHold[]>;
  /** Takes no new resolutions, and resolves when those that wait are done. */
  drain(): Promise<void>;
}

/** Which reservations to list; what is undefined does not restrict. */
export interface LiveQuery {
  readonly afterReservationId: string | undefined;
  readonly vendorItemId: string | undefined;
  readonly maxRows: number;
}

/** A buyer of a deal. */
export interface PurchaseKey {
  readonly dealId: string;
  readonly userId: string;
}

/** Which buyers to compare; what is undefined does not restrict. */
export interface PurchaseQuery {
  readonly after: PurchaseKey | undefined;
  readonly vendorItemId: string | undefined;
  readonly maxRows: number;
}

/** A buyer whose count differs from the units that the buyer's reservations hold or have bought. */
export interface PurchaseMismatch extends PurchaseKey {
  readonly counted: bigint;
  readonly reserved: bigint;
}

/** What an event asks for. */
export interface EventResolution extends ResolveEntry {
  readonly eventId: string;
}

/** A hold whose time is up. */
export interface OverdueHold {
  readonly reservationId: string;
  readonly expireTime: Date;
}

/** The ledger of stock. */
export interface StockReader {
  /** Undefined: no stock was ever received for the key. */
  listMovements(query: MovementQuery): Promise<MovementPage | undefined>;
  /** By key, each with what its books say, all in one snapshot. */
  listBooks(query: BooksQuery): Promise<readonly StockBook[]>;
}

/** A key's state and its books. */
export interface StockBook extends StockLevel, Books {
  /** Units that left with sales, less those that came back, as the movements say. */
  readonly soldSum: bigint;
  /** Units of the reservations that are COMMITTED. */
  readonly sold: bigint;
}

/** Which keys to list; what is undefined does not restrict. */
export interface BooksQuery {
  readonly after: StockKey | undefined;
  readonly vendorItemId: string | undefined;
  readonly maxRows: number;
}

/** Which movements to list. */
export interface MovementQuery extends StockKey {
  readonly beforePosition: bigint | undefined;
  readonly kind: MovementKind | undefined;
  readonly maxRows: number;
}

/** A page of a key's movements with the key's state and the sums of all its movements, in one snapshot. */
export interface MovementPage {
  /** The newest first. */
  readonly movements: readonly Movement[];
  readonly onHandSum: bigint;
  readonly reservedSum: bigint;
  readonly stock: StockLevel;
}

/** Asks what stands behind holds. */
export interface OrderLookup {
  /** By reservation id; closes each id that has no order. Rejects where the answer is not known. */
  resolveReservations(reservationIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, OrderStanding>>;
}
