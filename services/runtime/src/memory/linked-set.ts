/** A value's place in its set. */
export interface Link<Value> {
  readonly value: Value;
  before: Link<Value> | undefined;
  after: Link<Value> | undefined;
  isIn: boolean;
}

/**
 * A set in the order of insertion for values that come and go with each call. Where a `Set` would make a new table every few calls and keep the
 * old one's entries alive (see keep-garbage-young.ts), what has left this one is reachable from nothing. A value is in it once for each `add`.
 */
export class LinkedSet<Value> implements Iterable<Value> {
  #first: Link<Value> | undefined;
  #last: Link<Value> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a value at the end; the answer takes it out again. */
  add(value: Value): Link<Value> {
    const link: Link<Value> = { value, before: this.#last, after: undefined, isIn: true };
    if (this.#last === undefined) this.#first = link;
    else this.#last.after = link;
    this.#last = link;
    this.#size++;
    return link;
  }

  /** Takes a value out; false where that was done before. */
  delete(link: Link<Value>): boolean {
    if (!link.isIn) return false;
    const { before, after } = link;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    link.before = undefined;
    link.after = undefined;
    link.isIn = false;
    this.#size--;
    return true;
  }

  /** Takes the first value out; undefined where there is none. */
  shift(): Value | undefined {
    const first = this.#first;
    if (first === undefined) return undefined;
    this.delete(first);
    return first.value;
  }

  /** The values that are in it now, in the order of insertion. */
  [Symbol.iterator](): Iterator<Value> {
    const values: Value[] = [];
    for (let link = this.#first; link !== undefined; link = link.after) values.push(link.value);
    return values.values();
  }
}
