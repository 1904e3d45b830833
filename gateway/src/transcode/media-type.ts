/** What the body decoder needs to know about a content-type header. */
export interface MediaType {
  /** Lower-case type/subtype. */
  readonly essence: string;
  /** Lower-case charset parameter; undefined when absent. */
  readonly charset: string | undefined;
}

/** Parses a content-type header; undefined when it is absent or malformed. */
export function parseMediaType(header: string | undefined): MediaType | undefined {
  const [essence = "", ...parameters] = (header ?? "").toLowerCase().split(";");
  const trimmed = essence.trim();
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+\/[!#$%&'*+.^_`|~0-9a-z-]+$/.test(trimmed)) {
    return undefined;
  }
  for (const parameter of parameters) {
    const [name = "", value = ""] = parameter.split("=", 2);
    if (name.trim() === "charset") {
      return { essence: trimmed, charset: value.trim().replace(/^"(.*)"$/, "$1") };
    }
  }
  return { essence: trimmed, charset: undefined };
}

/** Whether a content-type header announces JSON in UTF-8: `application/json` or `application/*+json`. */
export function isJsonContentType(header: string | undefined): boolean {
  if (header === "application/json") {
    return true;
  }
  const type = parseMediaType(header);
  return (
    type !== undefined &&
    (type.essence === "application/json" || (type.essence.startsWith("application/") && type.essence.endsWith("+json"))) &&
    (type.charset === undefined || type.charset === "utf-8" || type.charset === "utf8" || type.charset === "us-ascii")
  );
}
