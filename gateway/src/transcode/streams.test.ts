import { setTimeout as sleep } from "node:timers/promises";
import type { Message } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { formatEvent } from "./server-sent-events.ts";
import { loadTestContract } from "./testdata/test-contract.ts";
import { renderTestError } from "./testdata/test-transcoder.ts";
import { createTranscoder } from "./transcoder.ts";
import type { TranscodedResponse, TranscoderOptions } from "./transcoder.ts";

const contract = loadTestContract();
const book = (bookId: string) => contract.make("Book", { bookId });

function open(
  stream: (signal: AbortSignal) => AsyncIterable<Message>,
  options: Partial<TranscoderOptions> & { url?: string; method?: string; signal?: AbortSignal } = {},
): Promise<TranscodedResponse> {
  const { url = "/v1/books/7:watch", method = "GET", signal = new AbortController().signal, ...rest } = options;
  const transcoder = createTranscoder({
    services: [contract.service],
    registry: contract.registry,
    renderError: renderTestError,
    emitDefaults: false,
    streamStartWaitMs: 20,
    heartbeatIntervalMs: 20,
    call: {
      unary: () => Promise.reject(new Error("not unary")),
      serverStream: (_method, _request, context) => stream(context.signal),
    },
    ...rest,
  });
  return transcoder.handle({ method, rawPath: url, rawQuery: "", headers: {}, signal, attachment: undefined });
}

async function* texts(response: TranscodedResponse): AsyncGenerator<string> {
  if (response.kind !== "stream") {
    throw new Error("not a stream");
  }
  for await (const chunk of response.body) {
    yield typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
  }
}

async function collect(response: TranscodedResponse): Promise<string[]> {
  const all: string[] = [];
  for await (const text of texts(response)) {
    all.push(text);
  }
  return all;
}

describe("server-sent events", () => {
  test("messages - have id and data, and a good end is said", async () => {
    const response = await open(async function* () {
      yield book("a");
      yield book("b");
    });
    expect(response).toMatchObject({ status: 200, headers: { "content-type": "text/event-stream", "cache-control": "no-cache" } });
    expect(await collect(response)).toEqual([
      ": open\n\n",
      'id: 1\ndata: {"bookId":"a"}\n\n',
      'id: 2\ndata: {"bookId":"b"}\n\n',
      "event: end\ndata: {}\n\n",
    ]);
  });

  test("id and event - can be the host's", async () => {
    const response = await open(
      async function* () {
        yield book("a");
      },
      { eventOf: (method, _message, count) => ({ id: `v${count}\n`, event: method.name }) },
    );
    expect((await collect(response))[1]).toBe('id: v1\nevent: WatchBook\ndata: {"bookId":"a"}\n\n');
  });

  test("format - each line of data is a line, and names cannot break out", () => {
    expect(formatEvent({ event: "a\nb", data: "1\r\n2\n3" })).toBe("event: ab\ndata: 1\ndata: 2\ndata: 3\n\n");
  });

  test("silence - is filled with heartbeats", async () => {
    const response = await open(async function* () {
      await sleep(90);
      yield book("a");
    });
    const all = await collect(response);
    expect(all.filter((text) => text === ": heartbeat\n\n").length).toBeGreaterThanOrEqual(2);
    expect(all.at(-2)).toContain('data: {"bookId":"a"}');
  });

  test("early failure - keeps its own status", async () => {
    const response = await open(async function* () {
      yield await sleep(1).then(() => Promise.reject(new Error("no such book")));
    });
    expect(response).toMatchObject({ kind: "whole", status: 500, body: expect.stringContaining("no such book") });
  });

  test("late failure - is an error event with the rendered problem", async () => {
    const response = await open(async function* () {
      yield book("a");
      throw new Error("lost\nupstream");
    });
    expect((await collect(response)).at(-1)).toBe('event: error\ndata: {"kind":"UNEXPECTED","message":"Error: lost\\nupstream"}\n\n');
  });

  test("bad input - is a plain 400", async () => {
    expect(await open(async function* () {}, { url: "/v1/books/%ff:watch" })).toMatchObject({ kind: "whole", status: 400 });
  });

  test("disconnect - ends the answer and aborts the call", async () => {
    const client = new AbortController();
    let upstream: AbortSignal | undefined;
    const response = await open(
      async function* (signal) {
        upstream = signal;
        yield book("a");
        await sleep(60_000, undefined, { signal });
        yield book("b");
      },
      { signal: client.signal, heartbeatIntervalMs: 60_000 },
    );
    setTimeout(() => client.abort(), 10);
    expect(await collect(response)).toHaveLength(2);
    expect(upstream?.aborted).toBe(true);
  });

  test("disconnect - before the first message too", async () => {
    const response = await open(
      async function* (signal) {
        await sleep(60_000, undefined, { signal });
        yield book("a");
      },
      { signal: AbortSignal.abort() },
    );
    expect(await collect(response)).toEqual([": open\n\n"]);
  });

  test("reader that stops - closes the source", async () => {
    let closed = false;
    const response = await open(async function* () {
      try {
        for (;;) {
          yield book("a");
        }
      } finally {
        closed = true;
      }
    });
    let seen = "";
    for await (const text of texts(response)) {
      seen += text;
      if (seen.includes("id: 3")) {
        break;
      }
    }
    await sleep(0);
    expect(closed).toBe(true);
  });

  test("back-pressure - the source is pulled no faster than the reader reads", async () => {
    let made = 0;
    const response = await open(async function* () {
      for (;;) {
        made++;
        yield book("a");
      }
    });
    const reader = texts(response);
    for (let read = 0; read < 5; read++) {
      await reader.next();
    }
    await sleep(20);
    expect(made).toBeLessThanOrEqual(6);
    await reader.return(undefined);
  });

  test("HEAD - makes no call", async () => {
    const response = await open(
      () => {
        throw new Error("called");
      },
      { method: "HEAD" },
    );
    expect(response).toMatchObject({ kind: "whole", status: 200, headers: { "content-type": "text/event-stream" } });
  });
});

function chunk(text: string): Message {
  return contract.make("google.api.HttpBody", { contentType: "text/csv", data: Buffer.from(text) });
}

describe("streams of HttpBody", () => {
  test("download - is the bytes with the first one's content type", async () => {
    const response = await open(
      async function* () {
        yield chunk("a,b\n");
        yield chunk("c,d\n");
      },
      { url: "/v1/files/x/y.csv:download" },
    );
    expect(response.headers).toEqual({ "content-type": "text/csv" });
    expect(await collect(response)).toEqual(["a,b\n", "c,d\n"]);
  });

  test("failure - breaks the download off", async () => {
    const response = await open(
      async function* () {
        yield chunk("a,b\n");
        throw new Error("lost");
      },
      { url: "/v1/files/x/y.csv:download" },
    );
    await expect(collect(response)).rejects.toThrow("lost");
  });
});
