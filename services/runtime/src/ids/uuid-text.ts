/** Where the digits of each byte begin in a UUID's text. */
const places = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;
const digits = Buffer.from("0123456789abcdef", "latin1");
const text = Buffer.alloc(36, "-");

/** The first 16 bytes as a UUID's text, in lower case. One flat string: joined from parts it would be ten objects. */
export function uuidText(bytes: Uint8Array): string {
  for (let index = 0; index < places.length; index++) {
    const byte = bytes[index] ?? 0;
    const place = places[index] ?? 0;
    text[place] = digits[byte >> 4] ?? 0;
    text[place + 1] = digits[byte & 15] ?? 0;
  }
  return text.toString("latin1");
}
