/** One of so many header blocks is looked at for values to learn. A prime: callers that take turns are all seen. */
const blocksPerSample = 61;

/** So many samples of a name are remembered: a value that is among them comes again. */
const samplesOfName = 4;

/** A name of which so many samples in a row were new is no longer looked at. */
const mostMisses = 8;

/** Most texts that are known at once; with more, all are forgotten. Longer values are never looked at: 2 MB at worst. */
const mostTexts = 1_000;
const mostCharacters = 2_048;

/** Most names that are remembered; with more, all are forgotten. Longer names are not looked at. Their samples take 0.8 MB at worst. */
const mostNames = 100;
const mostCharactersOfName = 100;

interface Samples {
  /** The last short ones, the newest first. */
  readonly values: readonly string[];
  /** So many of the last ones were new. */
  readonly misses: number;
}

/**
 * Lets go of the texts of header values that come again and again.
 *
 * Node makes a string of each value that it receives and leaves its text where nghttp2 has it. V8 has such strings in the old generation from the start, and frees their texts in the next full collection, one by one,
 * while the process stands still: 60 ms for half a million. But where a string is used as the name of a property, and an equal one is a name already, V8 makes it a reference to that one and frees
 * its text at once. So values that come again are made names of properties, and those that come are looked up by.
 *
 * To look for a value that is no name costs more than it saves: V8 makes it a name, until the next full collection. (A long one costs more than that: of texts with more than 16,000 characters it takes
 * the length for the hash, and compares each with all others.) So the headers whose values come again are learnt, from one block of many.
 */
export class HeaderTexts {
  #texts = emptyTable();
  #textCount = 0;
  #names: readonly string[] = [];
  readonly #samples = new Map<string, Samples>();
  #blocks = 0;

  /** Lets go of what is known in a block of headers. Answers how many values were known. */
  pass(headers: Readonly<Record<string, unknown>>): number {
    if (this.#blocks++ % blocksPerSample === 0) this.#sample(headers);
    let known = 0;
    for (const name of this.#names) {
      const value = headers[name];
      if (isShort(value) && this.#texts[value] === true) known++;
    }
    return known;
  }

  #sample(headers: Readonly<Record<string, unknown>>): void {
    for (const name in headers) {
      const value = headers[name];
      if (typeof value === "string" && name.length <= mostCharactersOfName) this.#sampleValue(name, value);
    }
  }

  #sampleValue(name: string, value: string): void {
    const { values, misses } = this.#samples.get(name) ?? { values: [], misses: 0 };
    const comesAgain = values.includes(value);
    if (!comesAgain && this.#samples.size >= mostNames && !this.#samples.has(name)) this.#forgetNames();
    const seen = isShort(value) ? [value, ...values.filter((other) => other !== value)].slice(0, samplesOfName) : values;
    this.#samples.set(name, { values: seen, misses: comesAgain ? 0 : misses + 1 });
    const isLookedAt = this.#names.includes(name);
    if (comesAgain) {
      if (!isLookedAt) this.#names = [...this.#names, name];
      if (this.#texts[value] !== true) this.#learn(value);
    } else if (isLookedAt && misses + 1 >= mostMisses) {
      this.#names = this.#names.filter((other) => other !== name);
    }
  }

  #learn(value: string): void {
    if (++this.#textCount > mostTexts) {
      this.#texts = emptyTable();
      this.#textCount = 1;
    }
    // A copy: the text of the value itself would stay with nghttp2.
    this.#texts[Buffer.from(value, "latin1").toString("latin1")] = true;
  }

  #forgetNames(): void {
    this.#samples.clear();
    this.#names = [];
  }
}

function isShort(value: unknown): value is string {
  return typeof value === "string" && value.length <= mostCharacters;
}

function emptyTable(): Record<string, true | undefined> {
  return Object.create(null) as Record<string, true | undefined>;
}
