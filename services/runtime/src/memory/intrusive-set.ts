import { LinkedSet, type Link } from "./linked-set.ts";

const place = Symbol("place");

interface Member {
  [place]?: Link<unknown> | undefined;
}

/**
 * A set of objects that come and go with each call, with what grpc-js uses of `Set`: a `LinkedSet` whose members know their places, so that they are found in no time among thousands.
 * An object can be in one such set at a time.
 */
export class IntrusiveSet<Value extends object> implements Iterable<Value> {
  readonly #members = new LinkedSet<Value>();

  get size(): number {
    return this.#members.size;
  }

  add(value: Value): this {
    (value as Member)[place] ??= this.#members.add(value);
    return this;
  }

  delete(value: Value): boolean {
    const link = (value as Member)[place] as Link<Value> | undefined;
    if (link === undefined) return false;
    (value as Member)[place] = undefined;
    return this.#members.delete(link);
  }

  /** The members that are in it now: they may leave while all are visited. */
  [Symbol.iterator](): Iterator<Value> {
    return this.#members[Symbol.iterator]();
  }
}
