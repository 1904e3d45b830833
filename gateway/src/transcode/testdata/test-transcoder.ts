import { toJson } from "@bufbuild/protobuf";
import type { DescMethod, JsonValue, Message } from "@bufbuild/protobuf";
import { TranscodeError } from "../transcode-error.ts";
import { createTranscoder } from "../transcoder.ts";
import type { CallContext, RenderedError, TranscodedResponse, Transcoder, TranscoderOptions, UnaryResult } from "../transcoder.ts";
import type { TestContract } from "./test-contract.ts";

/** One call that reached the port. */
export interface RecordedCall {
  readonly method: string;
  readonly request: Message;
  readonly json: JsonValue;
  readonly context: CallContext;
}

/** A transcoder over recorded calls. */
export interface TestTranscoder {
  readonly transcoder: Transcoder;
  readonly calls: RecordedCall[];
  /** Sends a request; a body is JSON unless `headers` says otherwise. */
  send(method: string, url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

/** A whole answer, with its JSON parsed. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly json: unknown;
}

/** Renders errors as the tests want to read them. */
export function renderTestError(error: unknown): RenderedError {
  if (error instanceof TranscodeError) {
    const { kind, violations, message } = error;
    return { status: error.status, headers: { ...error.headers }, body: JSON.stringify({ kind, violations, message }) };
  }
  return { status: 500, headers: {}, body: JSON.stringify({ kind: "UNEXPECTED", message: String(error) }) };
}

/** Creates a transcoder whose unary calls answer with `reply`, or with an empty message. */
export function createTestTranscoder(
  contract: TestContract,
  reply: (method: DescMethod, request: Message) => Message | UnaryResult | undefined = () => undefined,
  options: Partial<TranscoderOptions> = {},
): TestTranscoder {
  const calls: RecordedCall[] = [];
  const transcoder = createTranscoder({
    services: [contract.service],
    registry: contract.registry,
    renderError: renderTestError,
    call: {
      async unary(method, request, context) {
        calls.push({ method: method.name, request, json: toJson(method.input, request, { registry: contract.registry }), context });
        const result = reply(method, request) ?? contract.make(method.output.typeName);
        return "message" in result && !("$typeName" in result) ? result : { message: result as Message };
      },
      serverStream() {
        throw new Error("no stream here");
      },
    },
    ...options,
  });
  return {
    transcoder,
    calls,
    async send(method, url, body, headers = {}) {
      const [rawPath = "", rawQuery = ""] = url.split("?", 2);
      const bytes = body === undefined || body instanceof Uint8Array ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
      const response = await transcoder.handle({
        method,
        rawPath,
        rawQuery,
        headers: bytes === undefined ? headers : { "content-type": "application/json", ...headers },
        body: bytes,
        signal: new AbortController().signal,
        attachment: undefined,
      });
      return readAnswer(response);
    },
  };
}

function readAnswer(response: TranscodedResponse): Answer {
  if (response.kind !== "whole") {
    throw new Error("the answer is a stream");
  }
  const { status, headers, body } = response;
  return { status, headers, body, json: typeof body === "string" && body !== "" ? JSON.parse(body) : undefined };
}
