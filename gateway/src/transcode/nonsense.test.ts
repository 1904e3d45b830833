import { create, equals } from "@bufbuild/protobuf";
import type { Message } from "@bufbuild/protobuf";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { DurationSchema, FieldMaskSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadTestContract } from "./testdata/test-contract.ts";
import { createTestTranscoder } from "./testdata/test-transcoder.ts";

const contract = loadTestContract();
const { send, calls } = createTestTranscoder(contract, (method, request) => (method.input === method.output ? request : undefined));

async function search(query: string): Promise<Message | undefined> {
  calls.length = 0;
  expect(await send("GET", `/v1/search?${query}`)).toMatchObject({ status: 200 });
  return calls[0]?.request;
}

async function searchFaults(query: string): Promise<unknown> {
  const answer = await send("GET", `/v1/search?${query}`);
  expect(answer.status).toBe(400);
  return (answer.json as { violations: unknown }).violations;
}

const max64 = 2n ** 63n - 1n;
const scalars: Record<string, fc.Arbitrary<unknown>> = {
  a_string: fc.string({ unit: "grapheme" }),
  a_bool: fc.boolean(),
  an_int32: fc.integer(),
  a_sint32: fc.integer(),
  a_sfixed32: fc.integer(),
  a_uint32: fc.nat({ max: 0x7fffffff }).map((value) => value * 2 + 1),
  a_fixed32: fc.nat(),
  an_int64: fc.bigInt({ min: -max64 - 1n, max: max64 }),
  a_sint64: fc.bigInt({ min: -max64 - 1n, max: max64 }),
  a_sfixed64: fc.bigInt({ min: -max64 - 1n, max: max64 }),
  a_uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  a_fixed64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  a_float: fc.float({ noNaN: true }),
  a_double: fc.double({ noNaN: true }),
  a_bytes: fc.uint8Array(),
  an_enum: fc.integer({ min: 0, max: 2 }),
  maybe: fc.integer(),
  long_text: fc.bigInt({ min: -max64, max: max64 }).map(String),
  string_value: fc.string({ unit: "grapheme" }),
  bool_value: fc.boolean(),
  int32_value: fc.integer(),
  uint32_value: fc.nat(),
  int64_value: fc.bigInt({ min: -max64, max: max64 }),
  uint64_value: fc.bigInt({ min: 0n, max: max64 }),
  float_value: fc.float({ noNaN: true }),
  double_value: fc.double({ noNaN: true }),
  bytes_value: fc.uint8Array(),
};
const lists: Record<string, fc.Arbitrary<unknown[]>> = {
  strings: fc.array(fc.string({ unit: "grapheme" })),
  ints: fc.array(fc.integer()),
  longs: fc.array(fc.bigInt({ min: -max64, max: max64 })),
  enums: fc.array(fc.integer({ min: 0, max: 2 })),
};

function textOf(value: unknown): string {
  return value instanceof Uint8Array ? base64Encode(value) : Object.is(value, -0) ? "-0" : String(value);
}

describe("query parameters", () => {
  const input = contract.message("SearchBooksRequest");
  const localName = (name: string) => input.fields.find((field) => field.name === name)?.localName ?? name;

  test("round trip - every scalar, wrapper, enum and list survives, under either name", async () => {
    const values = fc.record({ ...scalars, ...lists }, { requiredKeys: [] });
    await fc.assert(
      fc.asyncProperty(values, fc.boolean(), async (record, jsonNames) => {
        const parameters = new URLSearchParams();
        const fields: Record<string, unknown> = {};
        for (const [name, value] of Object.entries(record)) {
          fields[localName(name)] = value;
          for (const item of Array.isArray(value) ? value : [value]) {
            parameters.append(jsonNames ? localName(name) : name, textOf(item));
          }
        }
        const request = await search(parameters.toString());
        expect(request && equals(input, request, contract.make("SearchBooksRequest", fields))).toBe(true);
      }),
    );
  });

  test("messages with a text form - Timestamp, Duration and FieldMask", async () => {
    expect(
      await search("time=2026-01-31T12:00:00.5%2B01:00&duration=1.5s&mask=title,createTime&times=2026-01-31T00:00:00Z&times=1970-01-01T00:00:01Z"),
    ).toMatchObject({
      time: create(TimestampSchema, { seconds: 1769857200n, nanos: 500_000_000 }),
      duration: create(DurationSchema, { seconds: 1n, nanos: 500_000_000 }),
      mask: create(FieldMaskSchema, { paths: ["title", "create_time"] }),
      times: [{ seconds: 1769817600n }, { seconds: 1n }],
    });
    expect(await search("mask=create_time,a.bC")).toMatchObject({ mask: { paths: ["create_time", "a.b_c"] } });
  });

  test("enums - by name or number, also unknown numbers", async () => {
    expect(await search("an_enum=COVER_HARD&enums=1&enums=COVER_SOFT&enums=77")).toMatchObject({ anEnum: 2, enums: [1, 1, 77] });
  });

  test("nested fields - by dotted path in either name, to any depth of a contract", async () => {
    expect(await search("filter.author=A&filter.yearFrom=1&filter.inner.inner.year_from=2")).toMatchObject({
      filter: { author: "A", yearFrom: 1, inner: { inner: { yearFrom: 2 } } },
    });
    expect(await searchFaults(`filter.${"inner.".repeat(40)}author=x`)).toMatchObject([{ reason: "UNKNOWN_FIELD" }]);
  });

  test("oneof - one member only, nested members together", async () => {
    expect(await search("left=a")).toMatchObject({ choice: { case: "left", value: "a" } });
    expect(await search("right=b")).toMatchObject({ choice: { case: "right", value: { value: "b" } } });
    expect(await search("middle.author=A&middle.inner.author=B")).toMatchObject({
      choice: { case: "middle", value: { author: "A", inner: { author: "B" } } },
    });
    expect(await searchFaults("left=a&right=b")).toMatchObject([{ field: "right", reason: "CONFLICTING_VALUE" }]);
    expect(await searchFaults("left=a&middle.author=b")).toMatchObject([{ field: "middle.author", reason: "CONFLICTING_VALUE" }]);
  });

  test("presence - an empty value sets, an absent one does not", async () => {
    expect(await search("maybe=0&string_value=&a_string")).toMatchObject({ maybe: 0, stringValue: "", aString: "" });
    expect((await search(""))?.$unknown).toBeUndefined();
    expect(Object.hasOwn((await search("&&")) ?? {}, "maybe")).toBe(false);
  });

  test.each<[string, object]>([
    ["nope=1", { field: "nope", reason: "UNKNOWN_FIELD" }],
    ["filter=1", { field: "filter", reason: "UNKNOWN_FIELD" }],
    ["filter.nope=1", { field: "filter.nope", reason: "UNKNOWN_FIELD" }],
    ["string_value.value=1", { field: "string_value.value", reason: "UNKNOWN_FIELD" }],
    ["time.seconds=1", { field: "time.seconds", reason: "UNKNOWN_FIELD" }],
    ["any.type_url=x", { field: "any.type_url", reason: "UNKNOWN_FIELD" }],
    ["struct.fields=x", { field: "struct.fields", reason: "UNKNOWN_FIELD" }],
    ["labels=1", { field: "labels", reason: "UNKNOWN_FIELD" }],
    ["filters.author=1", { field: "filters.author", reason: "UNKNOWN_FIELD" }],
    ["__proto__=1", { field: "__proto__", reason: "UNKNOWN_FIELD" }],
    ["=1", { field: "", reason: "UNKNOWN_FIELD" }],
    ["a_string=1&aString=2", { field: "a_string", reason: "DUPLICATE_FIELD" }],
    ["a_string=%ff", { field: "a_string", reason: "MALFORMED_ENCODING" }],
    ["%ff=1", { field: "", reason: "MALFORMED_ENCODING" }],
    ...[
      "a_bool=1",
      "a_bool=True",
      "an_int32=2147483648",
      "an_int32=1.0",
      "an_int32=+1",
      "an_int32=0x1",
      "an_int32=",
      "an_int32=%201",
      "a_uint32=-1",
      "a_uint32=4294967296",
      "an_int64=9223372036854775808",
      "an_int64=1e3",
      "a_uint64=18446744073709551616",
      "a_uint64=-1",
      "a_float=1e39",
      "a_double=1e999",
      "a_double=.",
      "a_double=nan",
      "a_bytes=*",
      "an_enum=SOFT",
      "an_enum=1.5",
      "time=today",
      "time=0000-01-01T00:00:00Z",
      "duration=1",
      "mask=a,,b",
      "int32_value=x",
      "ints=x",
      "ints=1,2",
      "times=x",
    ].map((query) => [query.replace("+", "%2B"), { field: query.split("=")[0], reason: "INVALID_VALUE" }] as [string, object]),
  ])("%s - is 400", async (query, violation) => {
    expect(await searchFaults(query)).toMatchObject([violation]);
  });

  test("bound fields - belong to the path or the body, not to the query", async () => {
    for (const [method, url] of [
      ["GET", "/v1/books/7?book_id=7"],
      ["POST", "/v1/books/7:lend?reader=x"],
      ["PATCH", "/v1/books/7?book.title=x"],
      ["GET", "/v1/books/today?book_id=7"],
    ] as const) {
      expect(await send(method, url)).toMatchObject({ status: 400 });
    }
  });
});

describe("nonsense", () => {
  const methods = fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PURGE", "*", "");
  const piece = fc.oneof(
    fc.constantFrom("v1", "books", "shelves", "files", "search", "upload", "today", "any", "cache", "7:lend", ":", "::", "", "%", "%2F", "%ff", ".."),
    fc.string(),
    fc.string({ unit: "binary" }),
  );
  const path = fc.oneof(fc.array(piece, { maxLength: 6 }).map((parts) => `/${parts.join("/")}`), fc.string());
  const name = fc.constantFrom(...Object.keys(scalars), ...Object.keys(lists), "filter.author", "left", "middle", "any", "struct", "labels", "x");
  const query = fc.oneof(
    fc.array(fc.tuple(name, fc.string()).map((pair) => pair.join("=")), { maxLength: 5 }).map((pairs) => pairs.join("&")),
    fc.string({ unit: "binary" }),
  );
  const json = fc.oneof(
    fc.json(),
    fc.dictionary(name, fc.jsonValue()).map((value) => JSON.stringify(value)),
    fc.string(),
  );
  const body = fc.option(fc.oneof(json, fc.uint8Array()), { nil: undefined });
  const contentType = fc.oneof(fc.constant("application/json"), fc.string());

  test("any request - is answered 200 or a TranscodeError, nothing else", async () => {
    const urls = fc.oneof(path, fc.constantFrom("/v1/search", "/v1/books/7:lend", "/v1/books:batchGet", "/v1/shelves/1/books"));
    const request = fc.tuple(methods, urls, query, body, contentType);
    await fc.assert(
      fc.asyncProperty(request, async ([method, url, text, bytes, type]) => {
        const answer = await send(method, `${url.replaceAll("?", "")}?${text.replaceAll("?", "")}`, bytes, { "content-type": type });
        expect([200, 400, 404, 405, 415]).toContain(answer.status);
      }),
      { numRuns: 2_000 },
    );
  });

  test("any JSON - that is refused says where", async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, fc.jsonValue()), async (value) => {
        const answer = await send("POST", "/v1/search", value);
        const refused = answer.json as { violations?: unknown[] };
        expect([200, 400]).toContain(answer.status);
        expect(answer.status === 200 || (refused.violations?.length ?? 0) > 0).toBe(true);
        expect(answer.body).not.toContain("is not a valid transcode.test.v1.SearchBooksRequest");
      }),
      { numRuns: 1_000 },
    );
  });
});
