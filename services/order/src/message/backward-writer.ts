/**
 * Writes protobuf's binary form from the end to the front: fields in the reverse order of their numbers. So the length of a nested message
 * is known when it is written, and nothing is moved or grown. Numbers that are 0 and texts that are empty are left out, as
 * proto3 does with fields of implicit presence.
 */
export interface BackwardWriter {
  /** Begins anew, with room for `capacity` bytes. */
  begin(capacity: number): void;
  /** Where the last written byte stands; what is written between two positions is as long as their difference. */
  position(): number;
  text(field: number, value: string): void;
  /** int32, int64 or an enum. */
  integer(field: number, value: number | bigint): void;
  /** Closes the nested message that was begun at `end`. */
  message(field: number, end: number): void;
  /** A copy of all that was written. */
  finish(): Buffer;
}

const lengthDelimited = 2;
const largestVarint = 10;

/**
 * A writer to be used again and again, from `begin` to `finish` within one turn of the event loop. The capacity it is given is the
 * caller's promise: 12 bytes for each number, and for each text and message their own and 8 more.
 */
export function createBackwardWriter(): BackwardWriter {
  let scratch = Buffer.alloc(0);
  let at = 0;

  const varint = (value: number): void => {
    if (value < 0x80) {
      scratch[--at] = value;
      return;
    }
    let size = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
    at -= size;
    let index = at;
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) scratch[index++] = (rest % 0x80) | 0x80;
    scratch[index] = rest;
  };

  /** What does not fit into a number: negative values are ten bytes long. */
  const largeVarint = (value: bigint): void => {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 0x80n && bytes.length < largestVarint; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    at -= bytes.length;
    scratch.set(bytes, at);
  };

  return {
    begin(capacity) {
      if (scratch.length < capacity) scratch = Buffer.alloc(capacity);
      at = scratch.length;
    },
    position: () => at,
    text(field, value) {
      if (value === "") return;
      const size = Buffer.byteLength(value);
      at -= size;
      scratch.write(value, at, size, "utf8");
      varint(size);
      varint((field << 3) | lengthDelimited);
    },
    integer(field, value) {
      const number = Number(value);
      if (number === 0) return;
      if (number > 0 && number <= Number.MAX_SAFE_INTEGER) varint(number);
      else largeVarint(BigInt(value));
      varint(field << 3);
    },
    message(field, end) {
      varint(end - at);
      varint((field << 3) | lengthDelimited);
    },
    finish() {
      const bytes = Buffer.allocUnsafe(scratch.length - at);
      scratch.copy(bytes, 0, at);
      return bytes;
    },
  };
}
