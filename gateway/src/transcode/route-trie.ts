import type { PathTemplate } from "./path-template.ts";
import { decodeSegment } from "./percent.ts";

/** What a lookup found. Expected outcomes are returned, so that a miss costs no stack trace. */
export type TrieMatch<Route> =
  /** `segments` are raw (still escaped) and without the verb; slice them by a variable's range. */
  | { readonly kind: "matched"; readonly route: Route; readonly segments: readonly string[] }
  /** The path exists with other HTTP methods, listed in alphabetical order. */
  | { readonly kind: "methodNotAllowed"; readonly allow: readonly string[] }
  | { readonly kind: "notFound" };

/** A set of routes. `add` at boot, `match` per request. */
export interface RouteTrie<Route> {
  /** Registers a route; returns the route that already has this method and shape, if there is one, and changes nothing then. */
  add(method: string, template: PathTemplate, route: Route): Route | undefined;
  match(method: string, rawPath: string): TrieMatch<Route>;
}

/** Routes that end at a node, by verb and then by HTTP method (`*` takes any method). */
type Leaves<Route> = Map<string, Map<string, Route>>;

interface TrieNode<Route> {
  readonly literals: Map<string, TrieNode<Route>>;
  single: TrieNode<Route> | undefined;
  readonly ends: Leaves<Route>;
  /** Routes whose `**` starts here. */
  readonly rests: Leaves<Route>;
}

/**
 * Creates a trie over path segments. At each segment a literal goes before `*`, and `*` before `**`; a dead end backs up. As
 * every node sits at one depth it is visited at most once, so a lookup is bounded by the number of nodes, and in
 * practice takes one step per segment.
 *
 * A colon in the last segment is tried as a verb first. A path whose verb exists never falls back to reading the colon as data;
 * otherwise it is data, since RFC 3986 lets clients leave it unescaped.
 */
export function createRouteTrie<Route>(): RouteTrie<Route> {
  const root = createNode<Route>();

  const matchVerb = (method: string, segments: readonly string[], verb: string): TrieMatch<Route> => {
    const route = find(root, segments, 0, verb, method) ?? (method === "HEAD" ? find(root, segments, 0, verb, "GET") : undefined);
    if (route !== undefined) {
      return { kind: "matched", route, segments };
    }
    const allow = new Set<string>();
    collectMethods(root, segments, 0, verb, allow);
    if (allow.size === 0) {
      return { kind: "notFound" };
    }
    if (allow.has("GET")) {
      allow.add("HEAD");
    }
    return { kind: "methodNotAllowed", allow: [...allow].toSorted() };
  };

  return {
    add: (method, template, route) => insert(root, method, template, route),
    match(method, rawPath) {
      if (!rawPath.startsWith("/")) {
        return { kind: "notFound" };
      }
      const segments = rawPath === "/" ? [] : rawPath.slice(1).split("/");
      const last = segments.at(-1) ?? "";
      const colon = last.lastIndexOf(":");
      if (colon >= 0) {
        const verb = decodeSegment(last.slice(colon + 1));
        if (verb !== undefined && verb !== "") {
          const found = matchVerb(method, segments.with(segments.length - 1, last.slice(0, colon)), verb);
          if (found.kind !== "notFound") {
            return found;
          }
        }
      }
      return matchVerb(method, segments, "");
    },
  };
}

function createNode<Route>(): TrieNode<Route> {
  return { literals: new Map(), single: undefined, ends: new Map(), rests: new Map() };
}

function insert<Route>(root: TrieNode<Route>, method: string, template: PathTemplate, route: Route): Route | undefined {
  let node = root;
  let leaves = root.ends;
  for (const segment of template.segments) {
    if (segment.kind === "rest") {
      leaves = node.rests;
      break;
    }
    if (segment.kind === "literal") {
      const next = node.literals.get(segment.value) ?? createNode<Route>();
      node.literals.set(segment.value, next);
      node = next;
    } else {
      node.single ??= createNode<Route>();
      node = node.single;
    }
    leaves = node.ends;
  }
  const byMethod = leaves.get(template.verb) ?? new Map<string, Route>();
  leaves.set(template.verb, byMethod);
  const existing = byMethod.get(method);
  if (existing === undefined) {
    byMethod.set(method, route);
  }
  return existing;
}

function literalChild<Route>(node: TrieNode<Route>, raw: string): TrieNode<Route> | undefined {
  const direct = node.literals.get(raw);
  if (direct !== undefined || !raw.includes("%")) {
    return direct;
  }
  const decoded = decodeSegment(raw);
  return decoded === undefined ? undefined : node.literals.get(decoded);
}

function pick<Route>(leaves: Leaves<Route>, verb: string, method: string): Route | undefined {
  const byMethod = leaves.get(verb);
  return byMethod?.get(method) ?? byMethod?.get("*");
}

function find<Route>(
  node: TrieNode<Route>,
  segments: readonly string[],
  at: number,
  verb: string,
  method: string,
): Route | undefined {
  const raw = segments[at];
  if (raw === undefined) {
    return pick(node.ends, verb, method) ?? pick(node.rests, verb, method);
  }
  const literal = literalChild(node, raw);
  const viaLiteral = literal && find(literal, segments, at + 1, verb, method);
  if (viaLiteral !== undefined) {
    return viaLiteral;
  }
  const viaSingle = node.single && raw !== "" ? find(node.single, segments, at + 1, verb, method) : undefined;
  if (viaSingle !== undefined) {
    return viaSingle;
  }
  return segments.includes("", at) ? undefined : pick(node.rests, verb, method);
}

function collectMethods<Route>(
  node: TrieNode<Route>,
  segments: readonly string[],
  at: number,
  verb: string,
  allow: Set<string>,
): void {
  const add = (leaves: Leaves<Route>): void => {
    for (const method of leaves.get(verb)?.keys() ?? []) {
      allow.add(method);
    }
  };
  const raw = segments[at];
  if (raw === undefined) {
    add(node.ends);
    add(node.rests);
    return;
  }
  const literal = literalChild(node, raw);
  if (literal !== undefined) {
    collectMethods(literal, segments, at + 1, verb, allow);
  }
  if (node.single !== undefined && raw !== "") {
    collectMethods(node.single, segments, at + 1, verb, allow);
  }
  if (!segments.includes("", at)) {
    add(node.rests);
  }
}
