import { cpuMsOf } from "@flashdeal/runtime/testing";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expandPathTemplate, parsePathTemplate } from "./path-template.ts";
import { decodeQueryText, decodeSegment, decodeSegments, encodeSegment, encodeSegments } from "./percent.ts";
import { createRouteTrie } from "./route-trie.ts";

describe("path template", () => {
  test("parser - reads literals, wildcards, variables and the verb", () => {
    expect(parsePathTemplate("/v1/*/{a}/{b.c=x/*}/{d=y/**}:go")).toMatchObject({
      segments: [
        { kind: "literal", value: "v1" },
        { kind: "single" },
        { kind: "single" },
        { kind: "literal", value: "x" },
        { kind: "single" },
        { kind: "literal", value: "y" },
        { kind: "rest" },
      ],
      variables: [
        { fieldPath: ["a"], start: 2, end: 3, multi: false },
        { fieldPath: ["b", "c"], start: 3, end: 5, multi: true },
        { fieldPath: ["d"], start: 5, end: undefined, multi: true },
      ],
      verb: "go",
    });
  });

  test("parser - decodes literals and takes the root", () => {
    expect(parsePathTemplate("/a%20b:c%2Fd")).toMatchObject({ segments: [{ value: "a b" }], verb: "c/d" });
    expect(parsePathTemplate("/").segments).toEqual([]);
    expect(parsePathTemplate("/.well-known/jwks.json").segments).toHaveLength(2);
  });

  test.each([
    ["v1/a", 'must start with "/"'],
    ["/v1//a", 'segment ""'],
    ["/v1/", 'segment ""'],
    ["/v1/{a", "braces"],
    ["/v1/a}", "braces"],
    ["/v1/{a={b}}", "braces"],
    ["/v1/{a}b", "must fill its segment"],
    ["/v1/{1a}", "not a field path"],
    ["/v1/{a..b}", "not a field path"],
    ["/v1/{}", "not a field path"],
    ["/v1/{a=}", 'segment ""'],
    ["/v1/**/x", "last segment"],
    ["/v1/{a=**}/x", "last segment"],
    ["/v1/{a}/{a}", "bound twice"],
    ["/v1/{a}/{a.b}", "bound twice"],
    ["/v1/a:", "verb"],
    ["/v1/a:b:c", "verb"],
    ["/v1/a b", "not a literal"],
    ["/v1/a%zz", "not a literal"],
    ["/v1/%ff", "percent-encoded"],
    ["/v1/***", "not a literal"],
  ])("parser - refuses %s", (source, fault) => {
    expect(() => parsePathTemplate(source)).toThrow(fault);
    expect(() => parsePathTemplate(source)).toThrow(source);
  });
});

describe("percent-encoding", () => {
  test("decoding - single segments decode a slash, several keep it", () => {
    expect(decodeSegment("a%2Fb%20c")).toBe("a/b c");
    expect(decodeSegments("a%2Fb/c%2fd%20e")).toBe("a%2Fb/c%2fd e");
    expect(decodeSegments("%E2%82%AC%2F")).toBe("€%2F");
    expect(decodeQueryText("a+b%2Bc")).toBe("a b+c");
  });

  test("decoding - malformed escapes have no value", () => {
    for (const text of ["%", "%2", "%zz", "%ff", "%C3%28", "%ED%A0%80"]) {
      expect([decodeSegment(text), decodeSegments(text), decodeQueryText(text)]).toEqual([undefined, undefined, undefined]);
    }
  });

  test("encoding - what is encoded decodes to itself", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(encodeSegment(text)).toMatch(/^(?:[-_.~0-9a-zA-Z]|%[0-9A-F]{2})*$/);
        expect(decodeSegment(encodeSegment(text))).toBe(text);
        expect(decodeSegments(encodeSegments(text))).toBe(text);
      }),
    );
  });
});

const trieOf = (...routes: readonly string[]) => {
  const trie = createRouteTrie<string>();
  for (const route of routes) {
    const [method = "", source = ""] = route.split(" ");
    expect(trie.add(method, parsePathTemplate(source), route)).toBeUndefined();
  }
  return trie;
};

describe("route trie", () => {
  test("precedence - literal before single before rest, backing out of dead ends", () => {
    const trie = trieOf("GET /a/b", "GET /a/*", "GET /**", "GET /a/{x}/c", "GET /{y}/b/d", "GET /a/b/{z=**}:v");
    const routeOf = (path: string) => {
      const found = trie.match("GET", path);
      return found.kind === "matched" ? found.route : found.kind;
    };
    expect(routeOf("/a/b")).toBe("GET /a/b");
    expect(routeOf("/a/x")).toBe("GET /a/*");
    expect(routeOf("/x/y")).toBe("GET /**");
    expect(routeOf("/")).toBe("GET /**");
    expect(routeOf("/a/b/c")).toBe("GET /a/{x}/c");
    expect(routeOf("/a/b/d")).toBe("GET /{y}/b/d");
    expect(routeOf("/a/b/q/r:v")).toBe("GET /a/b/{z=**}:v");
    expect(routeOf("/a/b:v")).toBe("GET /a/b/{z=**}:v");
    expect(routeOf("/%61/b")).toBe("GET /a/b");
  });

  test("empty segments - match nothing", () => {
    const trie = trieOf("GET /a/*", "GET /b/**");
    for (const path of ["/a/", "/a//", "//a", "", "a/x", "/b//c", "/b/"]) {
      expect(trie.match("GET", path).kind).toBe("notFound");
    }
  });

  test("verbs - a known verb is a verb, any other colon is data", () => {
    const trie = trieOf("GET /a/{x}", "POST /a/{x}:pay");
    expect(trie.match("POST", "/a/1:pay")).toMatchObject({ kind: "matched", segments: ["a", "1"] });
    expect(trie.match("POST", "/a/1:p%61y")).toMatchObject({ kind: "matched", segments: ["a", "1"] });
    expect(trie.match("POST", "/a/1:2:pay")).toMatchObject({ kind: "matched", segments: ["a", "1:2"] });
    expect(trie.match("GET", "/a/1:pay")).toEqual({ kind: "methodNotAllowed", allow: ["POST"] });
    expect(trie.match("GET", "/a/1:other")).toMatchObject({ kind: "matched", segments: ["a", "1:other"] });
    expect(trie.match("GET", "/a/1%3Apay")).toMatchObject({ kind: "matched", segments: ["a", "1%3Apay"] });
    expect(trie.match("GET", "/a/:pay")).toMatchObject({ kind: "matched", segments: ["a", ":pay"] });
  });

  test("methods - HEAD falls back to GET, others are listed, the star takes any", () => {
    const trie = trieOf("GET /a", "PUT /a", "* /b", "GET /b", "POST /*");
    expect(trie.match("HEAD", "/a")).toMatchObject({ route: "GET /a" });
    expect(trie.match("DELETE", "/a")).toEqual({ kind: "methodNotAllowed", allow: ["GET", "HEAD", "POST", "PUT"] });
    expect(trie.match("GET", "/b")).toMatchObject({ route: "GET /b" });
    expect(trie.match("DELETE", "/b")).toMatchObject({ route: "* /b" });
    expect(trie.match("POST", "/a")).toMatchObject({ route: "POST /*" });
  });

  test("conflicts - the same shape and method is refused, whatever the variables are called", () => {
    const trie = trieOf("GET /a/{x}");
    expect(trie.add("GET", parsePathTemplate("/a/{other.name=*}"), "second")).toBe("GET /a/{x}");
    expect(trie.add("GET", parsePathTemplate("/a/{x}:verb"), "third")).toBeUndefined();
  });

  test("round trip - an expanded template matches itself with the same values", () => {
    const literal = fc.stringMatching(/^[a-z]{1,4}$/);
    const segment = fc.oneof(
      literal.map((text) => ({ source: text, multi: false, own: [] as string[] })),
      fc.string({ unit: "grapheme", minLength: 1 }).map((value) => ({ source: "{#}", multi: false, own: [value] })),
      fc.tuple(literal, fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/\/|%2f/i.test(text))).map(([text, value]) => ({
        source: `{#=${text}/*}`,
        multi: true,
        own: [`${text}/${value}`],
      })),
    );
    const tail = fc.option(
      fc.array(fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/\/|%2f/i.test(text)), { maxLength: 4 }),
    );
    const verb = fc.option(literal);
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 6 }), tail, verb, (segments, rest, verb) => {
        let count = 0;
        const sources = segments.map((item) => item.source.replace("#", () => `f${count++}`));
        const values = segments.flatMap((item) => item.own);
        if (rest !== null) {
          sources.push(`{f${count}=keep/**}`);
          values.push(["keep", ...rest].join("/"));
        }
        const template = parsePathTemplate(`/${sources.join("/")}${verb === null ? "" : `:${verb}`}`);
        const trie = createRouteTrie<string>();
        trie.add("GET", template, "route");
        const found = trie.match("GET", expandPathTemplate(template, values));
        expect(found.kind).toBe("matched");
        const captured = template.variables.map(({ start, end, multi }) =>
          found.kind !== "matched"
            ? undefined
            : multi
              ? decodeSegments(found.segments.slice(start, end).join("/"))
              : decodeSegment(found.segments[start] ?? ""),
        );
        expect(captured).toEqual(values);
      }),
    );
  });

  test("hostile paths - are decided within the number of nodes", async () => {
    const sources: string[] = [];
    for (let bits = 0; bits < 256; bits++) {
      sources.push(`GET /${Array.from({ length: 8 }, (_, at) => ((bits >> at) & 1 ? "a" : "*")).join("/")}/end`);
    }
    const trie = trieOf(...sources);
    const match = () => {
      for (let round = 0; round < 100; round++) {
        expect(trie.match("GET", `/${Array.from({ length: 500 }, () => "a").join("/")}`).kind).toBe("notFound");
      }
    };
    expect(await cpuMsOf(match)).toBeLessThan(1_000);
  });
});
