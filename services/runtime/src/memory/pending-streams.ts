/**
 * The streams of an HTTP/2 connection that have no number yet, with what Node uses of `Set`. A stream of a server is in it for the time of its constructor; so an
 * array of one or none does, which makes nothing new.
 */
export class PendingStreams<Stream> {
  readonly #streams: Stream[] = [];

  get size(): number {
    return this.#streams.length;
  }

  add(stream: Stream): this {
    if (!this.#streams.includes(stream)) this.#streams.push(stream);
    return this;
  }

  delete(stream: Stream): boolean {
    const place = this.#streams.indexOf(stream);
    if (place < 0) return false;
    if (place === this.#streams.length - 1) this.#streams.pop();
    else this.#streams.splice(place, 1);
    return true;
  }

  /** Streams may leave while all are visited. */
  forEach(visit: (stream: Stream) => void): void {
    for (const stream of this.#streams.slice()) visit(stream);
  }
}
