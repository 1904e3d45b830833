import type { JsonValue } from "@bufbuild/protobuf";

/**
 * Whether some object of a JSON text names a member twice, of which JSON.parse silently keeps the last (RFC 8259 leaves open which one
 * counts, so that a proxy in front may have checked the other). `value` is what JSON.parse made of the text. Takes linear time.
 */
export function hasRepeatedMember(text: string, value: JsonValue): boolean {
  return countNames(text) !== countMembers(value);
}

/** Strings that a colon follows; the text is JSON, so that these are the names of members. */
function countNames(text: string): number {
  let count = 0;
  for (let open = text.indexOf('"'); open >= 0; ) {
    let close = text.indexOf('"', open + 1);
    while (isEscaped(text, close)) close = text.indexOf('"', close + 1);
    let next = close + 1;
    while (isSpace(text.charCodeAt(next))) next++;
    if (text.charCodeAt(next) === colon) count++;
    open = text.indexOf('"', next);
  }
  return count;
}

const colon = 0x3a;
const backslash = 0x5c;

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === backslash) backslashes++;
  return backslashes % 2 === 1;
}

function countMembers(root: JsonValue): number {
  let count = 0;
  const open: JsonValue[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== "object" || value === null) continue;
    const children = Array.isArray(value) ? value : Object.values(value);
    if (!Array.isArray(value)) count += children.length;
    for (const child of children) {
      if (typeof child === "object" && child !== null) open.push(child);
    }
  }
  return count;
}
