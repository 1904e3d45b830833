import { decodeSegment, encodeSegment, encodeSegments } from "./percent.ts";

/** One segment of a template: a literal (decoded), `*` (exactly one segment) or `**` (zero or more, always last). */
export type TemplateSegment =
  | { readonly kind: "literal"; readonly value: string }
  | { readonly kind: "single" }
  | { readonly kind: "rest" };

/** A `{field.path=segments}` of a template and the half-open range of segments that it captures. */
export interface TemplateVariable {
  /** Proto names from the request message down, for example `["order", "name"]`. */
  readonly fieldPath: readonly string[];
  readonly start: number;
  /** One past the last segment; undefined when the variable ends with `**` and takes all that is left. */
  readonly end: number | undefined;
  /** Whether "/" can be part of the value, so that `%2F` stays escaped. */
  readonly multi: boolean;
}

/** A path template of `google.api.http`, parsed. */
export interface PathTemplate {
  readonly source: string;
  readonly segments: readonly TemplateSegment[];
  readonly variables: readonly TemplateVariable[];
  /** The custom verb after ":", decoded; empty when there is none. */
  readonly verb: string;
}

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;
const literal = /^(?:[A-Za-z0-9\-._~!$&'()+,;@]|%[0-9A-Fa-f]{2})+$/;

/**
 * Parses a template by the grammar in google/api/http.proto. "/" alone is accepted and matches the root.
 * Throws an Error that names the template and the fault; meant for boot, not for requests.
 */
export function parsePathTemplate(source: string): PathTemplate {
  const fail = (fault: string): never => {
    throw new Error(`path template "${source}": ${fault}`);
  };
  if (!source.startsWith("/")) {
    fail('must start with "/"');
  }
  const { path, verb } = splitVerb(source, fail);
  const segments: TemplateSegment[] = [];
  const variables: TemplateVariable[] = [];
  for (const piece of splitOutsideBraces(path.slice(1), fail)) {
    if (!piece.startsWith("{")) {
      segments.push(parseSegment(piece, fail));
      continue;
    }
    if (!piece.endsWith("}")) {
      fail(`variable "${piece}" must fill its segment`);
    }
    const inner = piece.slice(1, -1);
    const equals = inner.indexOf("=");
    const name = equals < 0 ? inner : inner.slice(0, equals);
    const own = (equals < 0 ? "*" : inner.slice(equals + 1)).split("/").map((part) => parseSegment(part, fail));
    const start = segments.length;
    segments.push(...own);
    const rest = own.at(-1)?.kind === "rest";
    variables.push({
      fieldPath: parseFieldPath(name, fail),
      start,
      end: rest ? undefined : segments.length,
      multi: rest || own.length > 1,
    });
  }
  const restAt = segments.findIndex((segment) => segment.kind === "rest");
  if (restAt >= 0 && restAt !== segments.length - 1) {
    fail('"**" must be the last segment');
  }
  checkVariables(variables, fail);
  return { source, segments, variables, verb };
}

type Fail = (fault: string) => never;

function splitVerb(source: string, fail: Fail): { path: string; verb: string } {
  const colon = source.indexOf(":", Math.max(source.lastIndexOf("/"), source.lastIndexOf("}")));
  if (colon < 0) {
    return { path: source, verb: "" };
  }
  const verb = source.slice(colon + 1);
  if (!literal.test(verb)) {
    fail(`verb "${verb}" is not a literal`);
  }
  return { path: source.slice(0, colon), verb: decodeLiteral(verb, fail) };
}

/** Splits at each "/" that is not inside a variable. The root has no segments. */
function splitOutsideBraces(path: string, fail: Fail): string[] {
  if (path === "") {
    return [];
  }
  const pieces: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < path.length; at++) {
    const char = path[at];
    if (char === "{") {
      depth++;
    } else if (char === "}") {
      depth--;
    } else if (char === "/" && depth === 0) {
      pieces.push(path.slice(from, at));
      from = at + 1;
    }
    if (depth < 0 || depth > 1) {
      fail("braces must pair up and not nest");
    }
  }
  if (depth !== 0) {
    fail("braces must pair up and not nest");
  }
  pieces.push(path.slice(from));
  return pieces;
}

function parseSegment(text: string, fail: Fail): TemplateSegment {
  if (text === "*") {
    return { kind: "single" };
  }
  if (text === "**") {
    return { kind: "rest" };
  }
  if (!literal.test(text)) {
    fail(`segment "${text}" is not a literal, "*", "**" or a variable`);
  }
  return { kind: "literal", value: decodeLiteral(text, fail) };
}

function decodeLiteral(text: string, fail: Fail): string {
  return decodeSegment(text) ?? fail(`"${text}" is not percent-encoded UTF-8`);
}

function parseFieldPath(name: string, fail: Fail): string[] {
  const parts = name.split(".");
  if (!parts.every((part) => identifier.test(part))) {
    fail(`"${name}" is not a field path`);
  }
  return parts;
}

function checkVariables(variables: readonly TemplateVariable[], fail: Fail): void {
  const names = variables.map((variable) => `${variable.fieldPath.join(".")}.`);
  for (const [index, name] of names.entries()) {
    if (names.some((other, at) => at !== index && other.startsWith(name))) {
      fail(`variable "${name.slice(0, -1)}" is bound twice`);
    }
  }
}

/**
 * Expands a template into a request path, as a client does. `values` has the text of each variable, in template order; a
 * multi-segment value must itself fit the variable's own segments. `*` and `**` outside variables become "-".
 */
export function expandPathTemplate(template: PathTemplate, values: readonly string[]): string {
  const parts: string[] = [];
  let index = 0;
  while (index < template.segments.length) {
    const at = template.variables.findIndex((variable) => variable.start === index);
    const variable = template.variables[at];
    if (variable !== undefined) {
      const value = values[at] ?? "";
      parts.push(variable.multi ? encodeSegments(value) : encodeSegment(value));
      index = variable.end ?? template.segments.length;
      continue;
    }
    const segment = template.segments[index];
    parts.push(segment?.kind === "literal" ? encodeSegment(segment.value) : "-");
    index++;
  }
  return `/${parts.join("/")}${template.verb === "" ? "" : `:${encodeSegment(template.verb)}`}`;
}
