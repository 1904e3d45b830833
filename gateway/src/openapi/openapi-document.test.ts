import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { buildLibraryDescriptors, compileService, loadTestContract } from "../transcode/testdata/test-contract.ts";
import { extractComments } from "./extract-comments.ts";
import { createOpenApiDocument } from "./openapi-document.ts";

const contract = loadTestContract();
const comments = extractComments(buildLibraryDescriptors());
const document = createOpenApiDocument({
  services: [contract.service],
  info: { title: "Library", version: "1.0.0" },
  comments,
  securityFor: (method) => (method.name.startsWith("Get") ? [] : [{ bearer: [] }]),
  problemResponsesFor: () => ({ default: { $ref: "#/components/responses/Problem" } }),
  parametersFor: (method) =>
    method.name === "CreateBook" ? [{ name: "Idempotency-Key", in: "header", required: true, schema: { type: "string" } }] : [],
  components: {
    responses: { Problem: { description: "What went wrong.", content: { "application/problem+json": { schema: { type: "object" } } } } },
    securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
  },
});

function at(path: string): Record<string, unknown> {
  const value = path.split("|").reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document);
  return value as Record<string, unknown>;
}

function schema(name: string): Record<string, unknown> {
  return at(`components|schemas|transcode.test.v1.${name}`);
}

describe("document", () => {
  test("validity - passes the OpenAPI 3.1 schema, and every reference resolves", async () => {
    const validator = new Validator();
    const result = await validator.validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>);
    expect(result).toEqual({ valid: true });
    expect(validator.version).toBe("3.1");
    expect(() => validator.resolveRefs()).not.toThrow();
    for (const [, name = ""] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]*)"/g)) {
      expect(at(`components|schemas|${name}`)).toBeDefined();
    }
  });

  test("validity - operation ids are unique and path parameters complete", () => {
    const ids: unknown[] = [];
    for (const [path, item] of Object.entries(document.paths)) {
      for (const operation of Object.values(item)) {
        ids.push(operation.operationId);
        const names = (operation.parameters ?? []).filter((parameter) => parameter.in === "path").map((parameter) => parameter.name);
        expect(names).toEqual([...path.matchAll(/\{([^}]*)\}/g)].map((match) => match[1]));
      }
    }
    expect(new Set(ids).size).toBe(ids.length);
    const shapes = Object.keys(document.paths).map((path) => path.replace(/\{[^}]*\}/g, "{}"));
    expect(new Set(shapes).size).toBe(shapes.length);
  });

  test("output - is plain JSON", () => {
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });
});

describe("paths", () => {
  test("operations - have id, tag, comments and the host's parts", () => {
    expect(at("paths|/v1/books/{bookId}|get")).toMatchObject({
      operationId: "LibraryService_GetBook",
      tags: ["LibraryService"],
      summary: "Gets a book by its number.",
      security: [],
      responses: { 200: { content: { "application/json": { schema: { $ref: "#/components/schemas/transcode.test.v1.Book" } } } }, default: {} },
    });
    expect(document.tags).toEqual([{ name: "LibraryService", description: "Lends books." }]);
    expect(at("paths|/v1/shelves/{shelf}/books|post")).toMatchObject({
      security: [{ bearer: [] }],
      parameters: [{ name: "shelf" }, { name: "dryRun", in: "query" }, { name: "Idempotency-Key", in: "header" }],
    });
  });

  test("wildcards - are spelled out and explained", () => {
    expect(at("paths|/v1/shelves/{name_1}/books/{name_2}|get")).toMatchObject({
      operationId: "LibraryService_GetBook_2",
      parameters: [
        { name: "name_1", description: "Part 1 of `name`, whose form is `shelves/*/books/*`." },
        { name: "name_2" },
        { name: "bookId", in: "query" },
      ],
    });
    expect(at("paths|/v1/files/{path}|get|parameters|0").description).toContain("slashes");
  });

  test("paths of one shape - are one path item", () => {
    expect(Object.keys(at("paths|/v1/books/{bookId}"))).toEqual(["get", "patch", "delete"]);
    expect(at("paths|/v1/books/{bookId}|patch")).toMatchObject({
      parameters: [{ name: "bookId", in: "path" }, { name: "updateMask", in: "query" }],
    });
  });

  test("verbs and methods - stay what they are", () => {
    expect(at("paths|/v1/books/{bookId}:lend|post")).toBeDefined();
    expect(at("paths|/v1/cache/{bookId}|x-purge")).toBeDefined();
    expect(at("paths|/v1/any/{bookId}|x-any")).toBeDefined();
    expect(JSON.stringify(document)).not.toContain("LibraryService_Internal");
  });

  test("bodies - are a message without what the path binds, a field, or bytes", () => {
    const body = "requestBody|content|application/json|schema";
    expect(Object.keys(at(`paths|/v1/books/{bookId}:lend|post|${body}|properties`))).toEqual(["reader", "cover"]);
    expect(at(`paths|/v1/books:batchGet|post|${body}`)).toEqual({ type: "array", items: { type: "string" } });
    expect(at(`paths|/v1/shelves/{shelf}/books|post|${body}`)).toEqual({ $ref: "#/components/schemas/transcode.test.v1.Book" });
    expect(at("paths|/v1/upload|post|requestBody|content")).toEqual({ "*/*": { schema: { type: "string", format: "binary" } } });
    expect(at("paths|/v1/books/{bookId}|get").requestBody).toBeUndefined();
    expect(at("paths|/v1/books/{bookId}:lend|post|requestBody")).not.toHaveProperty("required");
  });

  test("answers - are a message, a response_body, bytes or a stream of events", () => {
    const ok = "responses|200|content";
    expect(at(`paths|/v1/books:batchGet|post|${ok}|application/json|schema`)).toMatchObject({ type: "array" });
    expect(at(`paths|/v1/files/{path}|get|${ok}|*/*`)).toBeDefined();
    expect(at(`paths|/v1/books/{bookId}:watch|get|${ok}|text/event-stream|schema`)).toMatchObject({
      contentSchema: { $ref: "#/components/schemas/transcode.test.v1.Book" },
    });
  });

  test("query parameters - one per field with a text form, nested ones dotted, none for self-nesting", () => {
    const names = (at("paths|/v1/search|get").parameters as { name: string }[]).map((parameter) => parameter.name);
    expect(names).toEqual(expect.arrayContaining(["aString", "anEnum", "stringValue", "time", "mask", "strings", "filter.author", "left", "middle.yearFrom"]));
    expect(names.filter((name) => /^(?:labels|filters|struct|any.*|time\..*|filter\.inner.*)$/.test(name))).toEqual([]);
    expect(at("paths|/v1/search|get").parameters).toContainEqual({
      name: "ints",
      in: "query",
      style: "form",
      explode: true,
      schema: { type: "array", items: { type: "integer", format: "int32" } },
    });
  });
});

describe("schemas", () => {
  test("JSON mapping - of scalars and well-known types", () => {
    expect(schema("SearchBooksRequest").properties).toMatchObject({
      aUint32: { type: "integer", minimum: 0 },
      anInt64: { type: "string", format: "int64" },
      aUint64: { type: "string", format: "uint64" },
      aDouble: { type: "number", format: "double" },
      aBytes: { type: "string", contentEncoding: "base64" },
      boolValue: { type: ["boolean", "null"] },
      time: { type: "string", format: "date-time" },
      duration: { type: "string" },
      mask: { type: "string" },
      labels: { type: "object", additionalProperties: { type: "string" } },
      struct: { type: "object", additionalProperties: true },
      any: { required: ["@type"] },
      filters: { type: "array", items: { $ref: "#/components/schemas/transcode.test.v1.Filter" } },
    });
    expect(schema("SearchBooksRequest").description).toContain("At most one of `left`, `right`, `middle`");
    expect(at("components|schemas|google.type.Money")).toMatchObject({ properties: { units: { type: "string", format: "int64" } } });
  });

  test("enums - list their names and what they mean", () => {
    expect(schema("Cover")).toEqual({
      type: "string",
      description: "Kinds of binding.\n\n- `COVER_SOFT`: Made of paper.",
      enum: ["COVER_UNSPECIFIED", "COVER_SOFT", "COVER_HARD"],
    });
  });

  test("constraints - become keywords, and what has no keyword a sentence", () => {
    const book = schema("Book");
    expect(book.required).toEqual(["bookId", "title", "pages", "price", "tags"]);
    expect(book.properties).toMatchObject({
      bookId: { type: "string", format: "uuid", description: "Its number, chosen by the library." },
      title: { minLength: 1, maxLength: 200, pattern: "^[^<>]+$" },
      pages: { minimum: 1, exclusiveMaximum: 10000 },
      copies: { description: "At least 0." },
      tags: { minItems: 1, maxItems: 10, uniqueItems: true, items: { type: "string", maxLength: 20 } },
      createTime: { readOnly: true },
      sequels: { items: { $ref: "#/components/schemas/transcode.test.v1.Book" } },
    });
  });

  test("constraints - absence is allowed where the rules ignore it", () => {
    const service = compileService(`
      import "buf/validate/validate.proto";
      message M {
        string optional_id = 1 [(buf.validate.field).string.uuid = true, (buf.validate.field).ignore = IGNORE_IF_ZERO_VALUE];
        optional string tracked = 2 [(buf.validate.field).string.min_len = 1];
        string pattern = 3 [(buf.validate.field).string.pattern = "^[a-z]+$"];
        string re2 = 4 [(buf.validate.field).string.pattern = "(?i)^x*\\\\z"];
        int32 page_size = 5 [(buf.validate.field).int32 = {gte: 0, lte: 1000}];
        string free = 6 [(buf.validate.field).ignore = IGNORE_ALWAYS, (buf.validate.field).string.min_len = 1];
      }
      service S { rpc A(M) returns (M) { option (google.api.http) = { post: "/x" body: "*" }; } }
    `);
    const { components } = createOpenApiDocument({ services: [service], info: { title: "x", version: "1" }, comments: new Map() });
    expect(components.schemas?.["scratch.v1.M"]).toEqual({
      type: "object",
      properties: {
        optionalId: { type: "string", format: "uuid" },
        tracked: { type: "string", minLength: 1 },
        pattern: { type: "string", pattern: "^[a-z]+$" },
        re2: { type: "string", description: "Matches the RE2 pattern (?i)^x*\\z" },
        pageSize: { type: "integer", format: "int32", minimum: 0, maximum: 1000 },
        free: { type: "string" },
      },
      required: ["pattern"],
    });
  });
});

describe("comments", () => {
  test("names - of services, methods, messages, fields, enums and values", () => {
    expect(comments.get("transcode.test.v1.LibraryService")).toBe("Lends books.");
    expect(comments.get("transcode.test.v1.LibraryService.GetBook")).toBe("Gets a book by its number.");
    expect(comments.get("transcode.test.v1.Book")).toBe("A book.");
    expect(comments.get("transcode.test.v1.Book.book_id")).toBe("Its number, chosen by the library.");
    expect(comments.get("transcode.test.v1.Cover")).toBe("Kinds of binding.");
    expect(comments.get("transcode.test.v1.Cover.COVER_SOFT")).toBe("Made of paper.");
    expect(comments.has("transcode.test.v1.Filter")).toBe(false);
  });
});
