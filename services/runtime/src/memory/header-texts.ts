/** One of so many header blocks is looked at for names that are new. A prime: callers that take turns are all seen. */
const blocksPerLook = 61;

/** Most names that are known at once; with more, all are forgotten. Longer names are passed over. */
const mostNames = 100;
const mostCharactersOfName = 100;

/** Longer values keep their texts. A kept copy per name: 0.2 MB at worst. */
const mostCharacters = 2_048;

interface Header {
  readonly name: string;
  /** A copy of its last value. */
  last: string;
}

/**
 * Lets go of the texts of header values.
 *
 * Node makes a string of each value that it receives and leaves its text where nghttp2 has it. V8 has such strings in the old generation from the start, and frees their texts in the next full collection, one by one,
 * while the process stands still: 60 ms for half a million. But where a string is used as the name of a property, and an equal one is a name already, V8 makes it a reference to that one and frees
 * its text at once. So a copy of each value is made a name, and then the value itself. Names go with the next full collection, as memory of V8's own: that takes no time.
 *
 * A value that was there in the block before needs no copy, which is most of what this costs (0.4 us of 0.5). Long ones would cost more: of texts with more than 16,000 characters V8 takes the length for the
 * hash, and compares each with all others. Values that are integers are elements to V8, not names, and keep their texts.
 */
export class HeaderTexts {
  /** Has no properties: whatever it is asked for becomes a name, and nothing more. */
  readonly #nothing = Object.create(null) as Readonly<Record<string, unknown>>;
  readonly #bytes = Buffer.allocUnsafeSlow(mostCharacters);
  #headers: Header[] = [];
  #blocks = 0;

  /** Lets go of the texts of a block of headers. Answers how many values it looked at. */
  pass(headers: Readonly<Record<string, unknown>>): number {
    if (this.#blocks++ % blocksPerLook === 0) this.#lookForNames(headers);
    let count = 0;
    for (const header of this.#headers) {
      const value = headers[header.name];
      if (typeof value !== "string" || value.length > mostCharacters) continue;
      if (value !== header.last) {
        const copy = this.#bytes.toString("latin1", 0, this.#bytes.write(value, "latin1"));
        void this.#nothing[copy];
        header.last = copy;
      }
      void this.#nothing[value];
      count++;
    }
    return count;
  }

  #lookForNames(headers: Readonly<Record<string, unknown>>): void {
    for (const name in headers) {
      if (name.length > mostCharactersOfName || this.#headers.some((header) => header.name === name)) continue;
      if (this.#headers.length === mostNames) this.#headers = [];
      this.#headers.push({ name, last: "" });
    }
  }
}
