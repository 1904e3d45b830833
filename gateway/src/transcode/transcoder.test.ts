import type { Message } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { compileService, loadTestContract } from "./testdata/test-contract.ts";
import { createTestTranscoder } from "./testdata/test-transcoder.ts";
import { createTranscoder } from "./transcoder.ts";

const contract = loadTestContract();
const { send, calls, transcoder } = createTestTranscoder(contract, (method, request) =>
  method.input === method.output ? request : undefined,
);

async function received(method: string, url: string, body?: unknown, headers?: Record<string, string>): Promise<unknown> {
  calls.length = 0;
  const answer = await send(method, url, body, headers);
  expect(answer).toMatchObject({ status: 200 });
  return { [calls[0]?.method ?? ""]: calls[0]?.json };
}

describe("routes", () => {
  test("path variables - one segment, several segments, nested fields and additional bindings", async () => {
    expect(await received("GET", "/v1/books/a%2Fb")).toEqual({ GetBook: { bookId: "a/b" } });
    expect(await received("GET", "/v1/shelves/1/books/x%2Fy%20z")).toEqual({ GetBook: { name: "shelves/1/books/x%2Fy z" } });
    expect(await received("PATCH", "/v1/books/7", {})).toEqual({ UpdateBook: { book: { bookId: "7" } } });
    expect(await received("GET", "/v1/files/a/b/c.txt")).toEqual({ GetFile: { path: "a/b/c.txt" } });
    expect(await received("GET", "/v1/files")).toEqual({ GetFile: {} });
  });

  test("precedence - a literal goes before a variable", async () => {
    expect(await received("GET", "/v1/books/today")).toEqual({ GetTodaysBook: {} });
    expect(await received("GET", "/v1/books/tomorrow")).toEqual({ GetBook: { bookId: "tomorrow" } });
  });

  test("verbs - belong to the path", async () => {
    expect(await received("POST", "/v1/books/7:lend", {})).toEqual({ LendBook: { bookId: "7" } });
    expect(await received("POST", "/v1/books/7:return")).toEqual({ ReturnBook: { bookId: "7" } });
  });

  test("custom methods - named and any", async () => {
    expect(await received("PURGE", "/v1/cache/7")).toEqual({ Purge: { bookId: "7" } });
    expect(await received("REPORT", "/v1/any/7")).toEqual({ AnyMethod: { bookId: "7" } });
    expect(await received("HEAD", "/v1/books/7")).toEqual({ GetBook: { bookId: "7" } });
  });

  test("unknown paths - are 404", async () => {
    for (const path of ["/", "/v2/books/7", "/v1/books/", "/v1/books/7/pages", "/V1/books/7", "//v1/books/7"]) {
      expect(await send("GET", path)).toMatchObject({ status: 404, json: { kind: "NOT_FOUND" } });
    }
    expect(transcoder.bindings.some((binding) => binding.method.name === "Internal")).toBe(false);
  });

  test("other methods - are 405 with Allow", async () => {
    const answer = await send("PUT", "/v1/books/7");
    expect(answer).toMatchObject({ status: 405, headers: { allow: "DELETE, GET, HEAD, PATCH" } });
    expect(await send("GET", "/v1/books/7:lend")).toMatchObject({ status: 405, headers: { allow: "POST" } });
  });
});

describe("bodies", () => {
  test("body star - all fields, in lowerCamelCase or proto names", async () => {
    expect(await received("POST", "/v1/books/7:lend", { reader: "Ann", cover: "COVER_HARD" })).toEqual({
      LendBook: { bookId: "7", reader: "Ann", cover: "COVER_HARD" },
    });
    expect(await received("POST", "/v1/search", { a_string: "x", anInt32: 1, long_text: "9007199254740993", cover: undefined })).toEqual({
      EchoSearch: { aString: "x", anInt32: 1, longText: "9007199254740993" },
    });
  });

  test("body field - the rest comes from path and query", async () => {
    expect(await received("POST", "/v1/shelves/3/books?dry_run=true", { title: "T", price: { currencyCode: "EUR" } })).toEqual({
      CreateBook: { shelf: 3, dryRun: true, book: { title: "T", price: { currencyCode: "EUR" } } },
    });
    expect(await received("POST", "/v1/books:batchGet", ["a", "b"])).toEqual({ BatchGetBooks: { bookIds: ["a", "b"] } });
    expect(await received("PATCH", "/v1/books/7?updateMask=title,createTime", { title: "T" })).toEqual({
      UpdateBook: { book: { bookId: "7", title: "T" }, updateMask: "title,createTime" },
    });
  });

  test("no body - an empty body or {} makes an empty message", async () => {
    expect(await received("POST", "/v1/books/7:lend")).toEqual({ LendBook: { bookId: "7" } });
    expect(await received("POST", "/v1/books/7:return", "{}")).toEqual({ ReturnBook: { bookId: "7" } });
    expect(await send("POST", "/v1/books/7:return", { name: "x" })).toMatchObject({
      status: 400,
      json: { violations: [{ reason: "UNEXPECTED_BODY" }] },
    });
  });

  test("content type - JSON in UTF-8 or 415", async () => {
    for (const type of ["application/json; charset=UTF-8", "Application/JSON", "application/merge-patch+json"]) {
      expect(await received("POST", "/v1/books/7:lend", {}, { "content-type": type })).toBeDefined();
    }
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "nonsense", ""]) {
      expect(await send("POST", "/v1/books/7:lend", {}, { "content-type": type })).toMatchObject({
        status: 415,
        headers: { accept: "application/json" },
      });
    }
  });

  test("path and body - may agree but not contradict", async () => {
    expect(await received("POST", "/v1/books/7:lend", { bookId: "7" })).toEqual({ LendBook: { bookId: "7" } });
    expect(await send("POST", "/v1/books/7:lend", { bookId: "8" })).toMatchObject({
      status: 400,
      json: { violations: [{ field: "book_id", reason: "CONFLICTING_VALUE" }] },
    });
    expect(await send("PATCH", "/v1/books/7", { bookId: "8" })).toMatchObject({
      status: 400,
      json: { violations: [{ field: "book.book_id" }] },
    });
  });

  test("Any - is read by the registry", async () => {
    const packed = { "@type": "type.googleapis.com/transcode.test.v1.Filter", author: "A" };
    expect(await received("POST", "/v1/search", { any: packed })).toEqual({ EchoSearch: { any: packed } });
  });

  test("HttpBody - travels raw both ways", async () => {
    const bytes = Buffer.from([0, 255, 1]);
    calls.length = 0;
    const answer = await send("POST", "/v1/upload", bytes, { "content-type": "image/png" });
    expect(answer).toMatchObject({ status: 200, headers: { "content-type": "image/png" } });
    expect(Buffer.from(answer.body)).toEqual(bytes);
    expect(await received("PUT", "/v1/files/a/b.png", bytes, { "content-type": "image/png" })).toEqual({
      PutFile: { path: "a/b.png", content: { contentType: "image/png", data: "AP8B" } },
    });
  });
});

describe("bad JSON", () => {
  test.each<[string, unknown, object[]]>([
    ["broken text", "{", [{ field: "", reason: "MALFORMED_JSON" }]],
    ["not UTF-8", Buffer.from([0x22, 0xff, 0x22]), [{ field: "", reason: "MALFORMED_JSON" }]],
    ["not an object", "[]", [{ field: "", description: "Must be an object." }]],
    ["null", "null", [{ field: "", description: "Must be an object." }]],
    ["unknown field", { nope: 1 }, [{ field: "nope", reason: "UNKNOWN_FIELD" }]],
    ["unknown nested field", { filters: [{}, { nope: 1 }] }, [{ field: "filters[1].nope", reason: "UNKNOWN_FIELD" }]],
    ["wrong type", { anInt32: "x" }, [{ field: "an_int32", reason: "INVALID_VALUE", description: expect.stringMatching(/integer from -2147483648/) }]],
    ["fraction", { an_int64: 1.5 }, [{ field: "an_int64", description: "Must be a 64-bit integer." }]],
    ["wrong enum", { anEnum: "COVER_NONE" }, [{ field: "an_enum", description: expect.stringMatching(/COVER_UNSPECIFIED, COVER_SOFT, COVER_HARD/) }]],
    ["wrong time", { time: "yesterday" }, [{ field: "time", description: expect.stringMatching(/RFC 3339/) }]],
    ["wrong wrapper", { boolValue: "yes" }, [{ field: "bool_value", description: "Must be true or false." }]],
    ["scalar for list", { strings: "a" }, [{ field: "strings", description: "Must be an array." }]],
    ["list for scalar", { aString: ["a"] }, [{ field: "a_string", description: "Must be a string." }]],
    ["wrong element", { ints: [1, "a", 2, null] }, [{ field: "ints[1]" }, { field: "ints[3]" }]],
    ["wrong map value", { labels: { a: "b", 'c"d': 1 } }, [{ field: 'labels["c\\"d"]', description: "Must be a string." }]],
    ["list for map", { labels: [] }, [{ field: "labels", description: "Must be an object." }]],
    ["scalar for message", { filter: 1 }, [{ field: "filter", description: "Must be an object." }]],
    ["deep", { filter: { inner: { inner: { year_from: "x" } } } }, [{ field: "filter.inner.inner.year_from" }]],
    ["both names", { aString: "a", a_string: "b" }, [{ field: "a_string", reason: "DUPLICATE_FIELD" }]],
    ["two of a oneof", { left: "a", right: "b" }, [{ field: "right", reason: "CONFLICTING_VALUE" }]],
    ["unknown Any", { any: { "@type": "type.googleapis.com/x.Y" } }, [{ field: "any" }]],
  ])("%s - is 400 with its path", async (_name, body, expected) => {
    const answer = await send("POST", "/v1/search", body);
    expect(answer.status).toBe(400);
    const { violations } = answer.json as { violations: Record<string, string>[] };
    expect(violations).toHaveLength(expected.length);
    expect(violations).toMatchObject(expected);
  });

  test("body field - paths start at the request message", async () => {
    expect(await send("POST", "/v1/shelves/3/books", { price: { units: "x" } })).toMatchObject({
      status: 400,
      json: { violations: [{ field: "book.price.units" }] },
    });
  });

  test("several places - path, query and body are reported together", async () => {
    const answer = await send("POST", "/v1/shelves/x/books?dry_run=1&foo=2", { pages: "p" });
    expect(answer).toMatchObject({
      json: { violations: [{ field: "book.pages" }, { field: "dry_run" }, { field: "foo" }, { field: "shelf" }] },
    });
  });

  test("hostile nesting - is 400", async () => {
    const nested = `${'{"inner":'.repeat(5_000)}{}${"}".repeat(5_000)}`;
    expect(await send("POST", "/v1/search", `{"filter":${nested}}`)).toMatchObject({ status: 400 });
    expect(await send("POST", "/v1/search", `{"struct":{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}}`)).toMatchObject({ status: 400 });
    expect(await send("POST", "/v1/search", '{"__proto__":{"a":1},"constructor":1}')).toMatchObject({ status: 400 });
  });

  test("many faults - at most 20 are listed", async () => {
    const answer = await send("POST", "/v1/search", { ints: Array.from({ length: 1_000 }, () => "x") });
    expect((answer.json as { violations: unknown[] }).violations).toHaveLength(20);
  });
});

function book(): Message {
  return contract.make("Book", { bookId: "7", copies: 9007199254740993n });
}

async function featured(reply: () => Message | undefined, emitDefaults: boolean): Promise<unknown> {
  return (await createTestTranscoder(contract, reply, { emitDefaults }).send("GET", "/v1/featured")).json;
}

describe("answers", () => {
  test("JSON - lowerCamelCase, with defaults unless told otherwise", async () => {
    const full = await createTestTranscoder(contract, book).send("GET", "/v1/books/7");
    expect(full.headers).toEqual({ "content-type": "application/json" });
    expect(full.json).toMatchObject({ bookId: "7", copies: "9007199254740993", pages: 0, tags: [] });
    const lean = await createTestTranscoder(contract, book, { emitDefaults: false }).send("GET", "/v1/books/7");
    expect(lean.json).toEqual({ bookId: "7", copies: "9007199254740993" });
  });

  test("Empty - is an empty object", async () => {
    expect((await send("DELETE", "/v1/books/7")).body).toBe("{}");
  });

  test("response_body - is the field alone, also when it is empty", async () => {
    const reply = () => contract.make("BatchGetBooksResponse", { books: [book()] });
    expect((await createTestTranscoder(contract, reply).send("POST", "/v1/books:batchGet", ["7"])).json).toMatchObject([{ bookId: "7" }]);
    expect((await createTestTranscoder(contract, undefined, { emitDefaults: false }).send("POST", "/v1/books:batchGet", [])).json).toEqual([]);
  });

  test("response_body - leaves out nested defaults like a whole message does, and is null when it is not set", async () => {
    expect(await featured(() => contract.make("FeaturedBook", { book: book() }), false)).toEqual({ bookId: "7", copies: "9007199254740993" });
    expect(await featured(() => contract.make("FeaturedBook", { book: book() }), true)).toMatchObject({ pages: 0 });
    expect(await featured(() => undefined, true)).toBeNull();
  });

  test("status and headers - come from the call", async () => {
    const created = createTestTranscoder(contract, () => ({ message: book(), status: 201, headers: { location: "/v1/books/7" } }));
    expect(await created.send("GET", "/v1/books/7")).toMatchObject({
      status: 201,
      headers: { "content-type": "application/json", location: "/v1/books/7" },
    });
  });

  test("failure - whatever the call throws is rendered", async () => {
    const failing = createTestTranscoder(contract, () => {
      throw new Error("upstream is down");
    });
    expect(await failing.send("GET", "/v1/books/7")).toMatchObject({ status: 500, json: { message: "Error: upstream is down" } });
  });

  test("context - has headers, signal, deadline and binding", async () => {
    calls.length = 0;
    await send("GET", "/v1/books/7", undefined, { "x-a": "b" });
    expect(calls[0]?.context).toMatchObject({ headers: { "x-a": "b" }, timeoutMs: 10_000, binding: { httpMethod: "GET" } });
    expect(calls[0]?.context.signal).toBeInstanceOf(AbortSignal);
  });
});

const fields = "string a = 1; M m = 2; repeated string r = 3; map<string, string> p = 4; bytes b = 5;";

function boot(rules: string): () => unknown {
  const service = compileService(`message M { ${fields} }\nservice S { ${rules} }`);
  return () =>
    createTranscoder({
      services: [service],
      registry: contract.registry,
      renderError: () => ({ status: 500, headers: {}, body: "" }),
      call: {
        unary: () => Promise.reject(new Error("not called")),
        serverStream: () => {
          throw new Error("not called");
        },
      },
    });
}

function rpc(name: string, rule: string): string {
  return `rpc ${name}(M) returns (M) { option (google.api.http) = { ${rule} }; }`;
}

describe("boot", () => {
  test.each([
    ["the same route twice", rpc("A", 'get: "/x/{a}"') + rpc("B", 'get: "/x/{m.a}"'), "GET /x/{m.a} (scratch.v1.S.B) is the same route as GET /x/{a} (scratch.v1.S.A)"],
    ["its own additional binding", rpc("A", 'get: "/x/{a}" additional_bindings { get: "/x/{b}" }'), "is the same route as"],
    ["path and body on one field", rpc("A", 'put: "/x/{a}" body: "a"'), 'field "a" is bound by both the path and the body'],
    ["an unknown variable", rpc("A", 'get: "/x/{nope}"'), 'path variable "nope" is not a field of scratch.v1.M'],
    ["a message variable", rpc("A", 'get: "/x/{m}"'), "must be a singular scalar"],
    ["a repeated variable", rpc("A", 'get: "/x/{r}"'), "must be a singular scalar"],
    ["a map variable", rpc("A", 'get: "/x/{p}"'), "must be a singular scalar"],
    ["an unknown body", rpc("A", 'post: "/x" body: "nope"'), 'body "nope" is not a field'],
    ["a body with GET", rpc("A", 'get: "/x" body: "*"'), "GET takes no body"],
    ["an unknown response body", rpc("A", 'get: "/x" response_body: "nope"'), 'response_body "nope" is not a field'],
    ["no path", rpc("A", 'body: "*"'), "the rule has no path"],
    ["a broken template", rpc("A", 'get: "/x/{a"'), "braces"],
    ["a lower-case custom method", rpc("A", 'custom { kind: "purge" path: "/x" }'), "not an HTTP method"],
    [
      "nested additional bindings",
      rpc("A", 'get: "/x" additional_bindings { get: "/y" additional_bindings { get: "/z" } }'),
      "must not nest",
    ],
    ["a stream of requests", 'rpc A(stream M) returns (M) { option (google.api.http) = { post: "/x" body: "*" }; }', "stream of requests"],
  ])("%s - is refused", (_name, rules, fault) => {
    const start = boot(rules);
    expect(start).toThrow(fault);
    expect(start).toThrow("scratch.v1.S.");
  });

  test("different methods or verbs - share a path", () => {
    expect(boot(rpc("A", 'get: "/x/{a}"') + rpc("B", 'delete: "/x/{a}"') + rpc("C", 'get: "/x/{a}:y"'))).not.toThrow();
  });
});
