import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Message } from "@bufbuild/protobuf";
import fastify from "fastify";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderFrameworkErrors, transcoderPlugin } from "./fastify-plugin.ts";
import { openRequest, readText } from "./testdata/http-client.ts";
import { loadTestContract } from "./testdata/test-contract.ts";
import { createTestTranscoder, renderTestError } from "./testdata/test-transcoder.ts";
import { createTranscoder } from "./transcoder.ts";

const contract = loadTestContract();
let app: FastifyInstance;
let port: number;
let upstreamSignal: AbortSignal | undefined;
let made = 0;
const admitted: string[] = [];

async function* watch(bookId: unknown, signal: AbortSignal): AsyncIterable<Message> {
  upstreamSignal = signal;
  yield contract.make("Book", { bookId });
  if (bookId === "flood") {
    for (; !signal.aborted; made++) {
      yield contract.make("Book", { title: "x".repeat(1_000) });
    }
  }
  if (bookId === "fails") {
    throw new Error("lost");
  }
  if (bookId === "waits") {
    await sleep(60_000, undefined, { signal });
  }
}

function renderAny(error: unknown) {
  const statusCode = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : undefined;
  const rendered = renderTestError(error);
  return { ...rendered, status: statusCode ?? rendered.status, headers: { "content-type": "application/problem+json", ...rendered.headers } };
}

beforeAll(async () => {
  const transcoder = createTranscoder<string>({
    services: [contract.service],
    registry: contract.registry,
    renderError: renderAny,
    call: {
      unary: async (method, request, context) => ({
        message: method.input === method.output ? request : contract.make(method.output.typeName, { title: context.attachment, ...pick(request) }),
      }),
      serverStream: (_method, request, context) => watch(pick(request).bookId, context.signal),
    },
  });
  app = fastify({ bodyLimit: 1_000, frameworkErrors: renderFrameworkErrors(renderAny) });
  app.get("/healthz", () => "well");
  await app.register(
    transcoderPlugin({
      transcoder,
      renderError: renderAny,
      admit: (request, reply, binding) => {
        admitted.push(binding.method.name);
        reply.header("x-route", binding.template.source);
        if (request.headers.authorization === "bad") {
          throw new Error("who are you");
        }
        return request.headers.authorization ?? "nobody";
      },
    }),
  );
  await app.listen({ port: 0 });
  port = Number(new URL(app.listeningOrigin).port);
});

afterAll(() => app.close());

function pick(message: Message): { bookId?: unknown } {
  return "bookId" in message ? { bookId: message.bookId } : {};
}

describe("Fastify", () => {
  test("unary - path, query and body reach the call, with the attachment", async () => {
    const response = await openRequest(port, "GET", "/v1/books/a%2Fb", { headers: { authorization: "ann" } });
    expect(response).toMatchObject({ statusCode: 200, headers: { "content-type": "application/json; charset=utf-8", "x-route": "/v1/books/{book_id}" } });
    expect(JSON.parse(await readText(response))).toMatchObject({ bookId: "a/b", title: "ann" });
    const search = await openRequest(port, "POST", "/v1/search", { headers: { "content-type": "application/json" }, body: '{"aString":"x"}' });
    expect(JSON.parse(await readText(search))).toMatchObject({ aString: "x" });
  });

  test("raw bodies - arrive with any content type", async () => {
    const response = await openRequest(port, "POST", "/v1/upload", { headers: { "content-type": "image/png" }, body: Buffer.from([1, 2]) });
    expect(response.headers).toMatchObject({ "content-type": "image/png", "content-length": "2" });
  });

  test("other routes - stay Fastify's", async () => {
    expect(await readText(await openRequest(port, "GET", "/healthz"))).toBe("well");
  });

  test.each([
    ["GET", "/nope", undefined, {}, 404],
    ["PUT", "/v1/books/7", undefined, {}, 405],
    ["POST", "/v1/books/7:lend", "a=b", { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["POST", "/v1/books/7:lend", "{}", {}, 415],
    ["POST", "/v1/books/7:lend", "{", { "content-type": "application/json" }, 400],
    ["POST", "/v1/books/7:lend", "x".repeat(2_000), { "content-type": "application/json" }, 413],
    ["GET", "/v1/search?nope=1", undefined, {}, 400],
    ["GET", "/v1/books/%ff", undefined, {}, 400],
    ["GET", "/v1/books/%zz", undefined, {}, 400],
    ["GET", "/v1/books/7", undefined, { authorization: "bad" }, 500],
    ["POST", "/v1/books/7:return", undefined, { "content-type": "application/json" }, 200],
    ["PURGE", "/v1/cache/7", undefined, {}, 200],
    ["OPTIONS", "/v1/books/7", undefined, {}, 405],
  ])("%s %s - is rendered by the host", async (method, path, body, headers, status) => {
    const response = await openRequest(port, method, path, { headers, ...(body === undefined ? {} : { body }) });
    expect(response.statusCode).toBe(status);
    expect(response.headers["content-type"]).toContain(status === 200 ? "application/json" : "application/problem+json");
    await readText(response);
  });

  test("preflight - stays with the plugin that answers OPTIONS everywhere", async () => {
    const host = fastify();
    host.options("*", (_request, reply) => reply.code(204).send());
    await host.register(transcoderPlugin({ transcoder: createTestTranscoder(contract).transcoder, renderError: renderAny, admit: () => undefined }));
    expect((await host.inject({ method: "OPTIONS", url: "/v1/books/7" })).statusCode).toBe(204);
    expect((await host.inject("/v1/books/7")).statusCode).toBe(200);
    await host.close();
  });

  test("405 - carries Allow", async () => {
    const response = await openRequest(port, "PUT", "/v1/books/7");
    expect(response.headers.allow).toBe("DELETE, GET, HEAD, PATCH");
    response.resume();
  });

  test("long segments - are not Fastify's to limit", async () => {
    const id = "x".repeat(2_000);
    expect(JSON.parse(await readText(await openRequest(port, "GET", `/v1/books/${id}`)))).toMatchObject({ bookId: id });
  });

  test("HEAD - has the headers of GET", async () => {
    const response = await openRequest(port, "HEAD", "/v1/books/7");
    expect(response).toMatchObject({ statusCode: 200, headers: { "content-type": "application/json; charset=utf-8" } });
    expect(Number(response.headers["content-length"])).toBeGreaterThan(2);
    response.resume();
  });

  test("admission - happens once, and only for known routes", async () => {
    admitted.length = 0;
    await readText(await openRequest(port, "GET", "/v1/books/7"));
    await readText(await openRequest(port, "GET", "/nope"));
    expect(admitted).toEqual(["GetBook"]);
  });
});

describe("Fastify streams", () => {
  test("events - arrive one by one and end", async () => {
    const response = await openRequest(port, "GET", "/v1/books/7:watch");
    expect(response).toMatchObject({ statusCode: 200, headers: { "content-type": "text/event-stream" } });
    const text = await readText(response);
    expect(text).toContain('id: 1\ndata: {"bookId":"7"');
    expect(text).toMatch(/event: end\ndata: \{\}\n\n$/);
  });

  test("failure - is an event", async () => {
    const text = await readText(await openRequest(port, "GET", "/v1/books/fails:watch"));
    expect(text).toContain('event: error\ndata: {"kind":"UNEXPECTED","message":"Error: lost"}\n\n');
  });

  test("disconnect - aborts the call", async () => {
    const client = new AbortController();
    const response = await openRequest(port, "GET", "/v1/books/waits:watch", { signal: client.signal });
    response.on("error", () => undefined);
    await once(response, "data");
    const aborted = once(upstreamSignal ?? new EventTarget(), "abort");
    client.abort();
    await aborted;
    expect(upstreamSignal?.aborted).toBe(true);
  });

  test("slow client - holds the source back", async () => {
    made = 0;
    const client = new AbortController();
    const response = await openRequest(port, "GET", "/v1/books/flood:watch", { signal: client.signal });
    response.on("error", () => undefined);
    await sleep(300);
    const before = made;
    await sleep(200);
    expect(made).toBe(before);
    client.abort();
    await sleep(50);
    expect(upstreamSignal?.aborted).toBe(true);
  });
});
