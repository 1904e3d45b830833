/**
 * Decodes one path segment, or the capture of a single-segment variable, where `%2F` is data and becomes "/".
 * Returns undefined for a malformed escape or bytes that are not UTF-8.
 */
export function decodeSegment(raw: string): string | undefined {
  if (!raw.includes("%")) {
    return raw;
  }
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}

/**
 * Decodes the capture of a multi-segment variable. As google/api/http.proto asks, `%2F` and `%2f` are left as they are, since
 * "/" separates segments there. Returns undefined for a malformed escape or bytes that are not UTF-8.
 */
export function decodeSegments(raw: string): string | undefined {
  if (!raw.includes("%")) {
    return raw;
  }
  try {
    return raw
      .split(/(%2f)/i)
      .map((part, index) => (index % 2 === 1 ? part : decodeURIComponent(part)))
      .join("");
  } catch {
    return undefined;
  }
}

/**
 * Decodes a query name or value, where "+" is a space as HTML forms and URLSearchParams write it.
 * Returns undefined for a malformed escape or bytes that are not UTF-8.
 */
export function decodeQueryText(raw: string): string | undefined {
  return decodeSegment(raw.includes("+") ? raw.replaceAll("+", " ") : raw);
}

/** Escapes all but `[-_.~0-9a-zA-Z]`, the way http.proto expands a single-segment variable. */
export function encodeSegment(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Escapes all but `[-_.~/0-9a-zA-Z]`, the way http.proto expands a multi-segment variable. */
export function encodeSegments(text: string): string {
  return text.split("/").map(encodeSegment).join("/");
}
