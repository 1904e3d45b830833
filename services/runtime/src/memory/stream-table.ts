/** As many streams of one connection as most have at once. */
const initialPlaces = 256;

/**
 * The streams of an HTTP/2 connection by their ids, with what Node uses of `Map`. A ring: ids grow, so that those that are open lie next
 * to each other, and each has the place of its number; the few whose place an older one has are kept aside. A place that was left is empty.
 */
export class StreamTable<Stream> {
  #ids: number[] = Array.from({ length: initialPlaces }, () => 0);
  #streams: (Stream | undefined)[] = Array.from({ length: initialPlaces }, () => undefined);
  readonly #aside = new Map<number, Stream>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): Stream | undefined {
    const place = this.#placeOf(id);
    if (this.#ids[place] === id) return this.#streams[place];
    return this.#aside.size === 0 ? undefined : this.#aside.get(id);
  }

  has(id: number): boolean {
    return this.get(id) !== undefined;
  }

  set(id: number, stream: Stream): this {
    const place = this.#placeOf(id);
    if (!this.has(id)) this.#size++;
    if (this.#aside.has(id)) this.#aside.set(id, stream);
    else if (this.#streams[place] === undefined || this.#ids[place] === id) this.#put(place, id, stream);
    else {
      this.#aside.set(id, stream);
      if (this.#aside.size > this.#ids.length / 4) this.#grow();
    }
    return this;
  }

  delete(id: number): boolean {
    const place = this.#placeOf(id);
    const isHere = this.#ids[place] === id && this.#streams[place] !== undefined;
    if (isHere) this.#put(place, 0, undefined);
    else if (!this.#aside.delete(id)) return false;
    this.#size--;
    return true;
  }

  forEach(visit: (stream: Stream, id: number) => void): void {
    const all = [...this.#aside];
    this.#streams.forEach((stream, place) => {
      if (stream !== undefined) all.push([this.#ids[place] ?? 0, stream]);
    });
    for (const [id, stream] of all) visit(stream, id);
  }

  /** Ids of one side are all odd or all even. */
  #placeOf(id: number): number {
    return (id >>> 1) & (this.#ids.length - 1);
  }

  #put(place: number, id: number, stream: Stream | undefined): void {
    this.#ids[place] = id;
    this.#streams[place] = stream;
  }

  #grow(): void {
    const all: [number, Stream][] = [];
    this.forEach((stream, id) => all.push([id, stream]));
    const places = this.#ids.length * 2;
    this.#streams.fill(undefined);
    this.#aside.clear();
    this.#size = 0;
    this.#ids = Array.from({ length: places }, () => 0);
    this.#streams = Array.from({ length: places }, () => undefined);
    for (const [id, stream] of all) this.set(id, stream);
  }
}
