/** What a stock belongs to. Both parts are 1 to 64 characters of `A-Z a-z 0-9 . _ -`. */
export interface StockKey {
  readonly vendorItemId: string;
  readonly fulfillmentCenterId: string;
}

/** The state of one key at one version, as the inventory announced it. */
export interface StockState extends StockKey {
  readonly onHand: bigint;
  readonly reserved: bigint;
  /** Grows with each change of the key. Of two states the one with the higher version is the truth, whatever came last. */
  readonly version: bigint;
  /** When the inventory reached this state, to the millisecond. */
  readonly changeTime: Date;
}

/** The key as one string, for maps. Neither part can contain the slash. */
export function keyText(key: StockKey): string {
  return `${key.vendorItemId}/${key.fulfillmentCenterId}`;
}

/** The newest state of each key, in no particular order. */
export function newestPerKey(states: readonly StockState[]): StockState[] {
  const newest = new Map<string, StockState>();
  for (const state of states) {
    const text = keyText(state);
    const known = newest.get(text);
    if (known === undefined || state.version > known.version) newest.set(text, state);
  }
  return [...newest.values()];
}
