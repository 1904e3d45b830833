/** What stock is kept under. */
export interface StockKey {
  readonly vendorItemId: string;
  readonly fulfillmentCenterId: string;
}

/** The units of one key. What can be sold is `onHand - reserved`. */
export interface StockCounts {
  readonly onHand: bigint;
  readonly reserved: bigint;
}

/** The authoritative state of one key. */
export interface StockLevel extends StockKey, StockCounts {
  /** Grows by one with each committed change. */
  readonly version: bigint;
  readonly updateTime: Date;
}

/** Why stock changed. */
export type MovementKind = "RECEIVE" | "ADJUST" | "RESERVE" | "COMMIT" | "RELEASE" | "EXPIRE" | "RETURN";

/** A change of one key, before it is written down. */
export interface NewMovement extends StockKey {
  readonly kind: MovementKind;
  readonly onHandDelta: bigint;
  readonly reservedDelta: bigint;
  readonly reservationId: string | undefined;
  readonly orderId: string | undefined;
  /** A user's id, or a service's name. */
  readonly actor: string;
  readonly reason: string;
}

/** One line of the ledger of a key. */
export interface Movement extends NewMovement {
  readonly movementId: string;
  /** Ascends in commit order within a key. */
  readonly position: bigint;
  readonly createTime: Date;
}

/** The key as one text. Keys have no slash in them. */
export function stockKeyText(key: StockKey): string {
  return `${key.vendorItemId}/${key.fulfillmentCenterId}`;
}
