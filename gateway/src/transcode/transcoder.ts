import type { DescMethod, DescService, Message, Registry } from "@bufbuild/protobuf";
import { readHttpBindings } from "./http-rule.ts";
import type { HttpBinding } from "./http-rule.ts";
import { createRequestDecoder } from "./request-decoder.ts";
import type { RequestDecoder } from "./request-decoder.ts";
import { createResponseEncoder } from "./response-encoder.ts";
import type { ResponseEncoder } from "./response-encoder.ts";
import { createRouteTrie } from "./route-trie.ts";
import { eventStreamContentType, writeEventStream } from "./server-sent-events.ts";
import type { ServerSentEvent } from "./server-sent-events.ts";
import { createStreamPump } from "./stream-pump.ts";
import type { PumpOutcome, StreamPump } from "./stream-pump.ts";
import { TranscodeError } from "./transcode-error.ts";

/** Headers as node:http delivers them: lower-case names. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** An HTTP request as plain data. `Attachment` is whatever the host wants to hand on to its calls, such as who is calling. */
export interface TranscodeRequest<Attachment = undefined> {
  /** Upper case. */
  readonly method: string;
  /** Still percent-encoded, without the query. */
  readonly rawPath: string;
  /** Still percent-encoded, without "?"; empty when there is none. */
  readonly rawQuery: string;
  readonly headers: RequestHeaders;
  /** All of it; its size is the HTTP server's to limit. */
  readonly body?: Uint8Array | undefined;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  readonly attachment: Attachment;
}

/** What a call learns about the HTTP request behind it. */
export interface CallContext<Attachment = undefined> {
  readonly headers: RequestHeaders;
  readonly signal: AbortSignal;
  /** Milliseconds that the call may take; undefined means no deadline. */
  readonly timeoutMs: number | undefined;
  readonly binding: HttpBinding;
  readonly attachment: Attachment;
}

/** A unary call's outcome. */
export interface UnaryResult {
  readonly message: Message;
  /** Headers to add to the answer, with lower-case names; they win over the transcoder's own. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** HTTP status, default 200. */
  readonly status?: number | undefined;
}

/** The port through which requests leave. Whatever it throws goes to `renderError`. */
export interface TranscodeCall<Attachment = undefined> {
  unary(method: DescMethod, request: Message, context: CallContext<Attachment>): Promise<UnaryResult>;
  /** Must stop when `context.signal` is aborted. */
  serverStream(method: DescMethod, request: Message, context: CallContext<Attachment>): AsyncIterable<Message>;
}

/** A finished answer. */
export interface RenderedError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The answer: all at once, or piece by piece for a stream, to be pulled no faster than the client reads. */
export type TranscodedResponse =
  | { readonly kind: "whole"; readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string | Uint8Array }
  | {
      readonly kind: "stream";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: AsyncIterable<string | Uint8Array>;
    };

/** A lookup's outcome. */
export type BindingMatch =
  | { readonly kind: "matched"; readonly binding: HttpBinding; readonly segments: readonly string[] }
  | { readonly kind: "methodNotAllowed"; readonly allow: readonly string[] }
  | { readonly kind: "notFound" };

/** Options of a transcoder. */
export interface TranscoderOptions<Attachment = undefined> {
  readonly services: readonly DescService[];
  /** Types that google.protobuf.Any may hold, and extensions. */
  readonly registry: Registry;
  readonly call: TranscodeCall<Attachment>;
  /** Turns TranscodeError, and whatever a call throws, into an answer. It must not throw. */
  readonly renderError: (error: unknown, request: TranscodeRequest<Attachment>) => RenderedError;
  /** Deadline of a method in milliseconds; default 10,000 for unary methods and none for streams. */
  readonly timeoutMsOf?: (method: DescMethod) => number | undefined;
  /** Whether answers show fields that hold their default, so that `available: 0` is seen; default true. */
  readonly emitDefaults?: boolean;
  /** Default 15,000. */
  readonly heartbeatIntervalMs?: number;
  /**
   * How long a stream's answer is held back so that an early failure still gets its own HTTP status instead of an `error` event;
   * default 1,000. A first message ends the wait.
   */
  readonly streamStartWaitMs?: number;
  /** Overrides an event's id and name; default: the count from 1, and no name (the browser's "message"). */
  readonly eventOf?: (method: DescMethod, message: Message, count: number) => Omit<ServerSentEvent, "data">;
}

/** Turns HTTP requests into calls and their results into HTTP answers. */
export interface Transcoder<Attachment = undefined> {
  readonly bindings: readonly HttpBinding[];
  match(method: string, rawPath: string): BindingMatch;
  /** Never rejects: every failure becomes an answer. Pass `match` when the host has looked it up already. */
  handle(request: TranscodeRequest<Attachment>, match?: BindingMatch): Promise<TranscodedResponse>;
}

interface Route {
  readonly binding: HttpBinding;
  readonly decode: RequestDecoder;
  readonly encoder: ResponseEncoder;
  readonly timeoutMs: number | undefined;
}

type Settings<Attachment> = Required<TranscoderOptions<Attachment>>;

/**
 * Creates a transcoder from the `google.api.http` rules of services. Throws at once, naming the methods, when a rule is invalid or
 * two rules claim the same method and path.
 */
export function createTranscoder<Attachment = undefined>(options: TranscoderOptions<Attachment>): Transcoder<Attachment> {
  const settings: Settings<Attachment> = {
    timeoutMsOf: (method) => (method.methodKind === "unary" ? 10_000 : undefined),
    emitDefaults: true,
    heartbeatIntervalMs: 15_000,
    streamStartWaitMs: 1_000,
    eventOf: (_method, _message, count) => ({ id: String(count) }),
    ...options,
  };
  const bindings = readHttpBindings(settings.services);
  const trie = createRouteTrie<HttpBinding>();
  const routes = new Map<HttpBinding, Route>();
  for (const binding of bindings) {
    const rival = trie.add(binding.httpMethod, binding.template, binding);
    if (rival !== undefined) {
      throw new Error(`${describe(binding)} is the same route as ${describe(rival)}`);
    }
    routes.set(binding, {
      binding,
      decode: createRequestDecoder(binding, settings.registry),
      encoder: createResponseEncoder(binding, settings.registry, settings.emitDefaults),
      timeoutMs: settings.timeoutMsOf(binding.method),
    });
  }
  const match = (method: string, rawPath: string): BindingMatch => {
    const found = trie.match(method, rawPath);
    return found.kind === "matched" ? { kind: "matched", binding: found.route, segments: found.segments } : found;
  };
  return {
    bindings,
    match,
    async handle(request, given) {
      try {
        const found = matchedOrThrow(given ?? match(request.method, request.rawPath));
        const route = routes.get(found.binding);
        if (route === undefined) {
          throw new Error(`${describe(found.binding)} is not a route of this transcoder`);
        }
        return await answer(settings, route, found.segments, request);
      } catch (error) {
        return { kind: "whole", ...settings.renderError(error, request) };
      }
    },
  };
}

function describe(binding: HttpBinding): string {
  const { method } = binding;
  return `${binding.httpMethod} ${binding.template.source} (${method.parent.typeName}.${method.name})`;
}

function matchedOrThrow(match: BindingMatch): Extract<BindingMatch, { kind: "matched" }> {
  switch (match.kind) {
    case "matched":
      return match;
    case "methodNotAllowed": {
      const allow = match.allow.join(", ");
      throw new TranscodeError("METHOD_NOT_ALLOWED", `This path takes ${allow}.`, { headers: { allow } });
    }
    case "notFound":
      throw new TranscodeError("NOT_FOUND", "There is nothing at this path.");
  }
}

async function answer<Attachment>(
  settings: Settings<Attachment>,
  route: Route,
  segments: readonly string[],
  request: TranscodeRequest<Attachment>,
): Promise<TranscodedResponse> {
  const { headers, signal, attachment, rawQuery, body } = request;
  const { binding, timeoutMs } = route;
  refuseEncodedBody(headers["content-encoding"], body);
  const contentType = headers["content-type"];
  const message = route.decode({
    segments,
    rawQuery,
    body,
    contentType: Array.isArray(contentType) ? contentType[0] : contentType,
  });
  const context: CallContext<Attachment> = { headers, signal, timeoutMs, binding, attachment };
  if (binding.method.methodKind !== "unary") {
    return answerStream(settings, route, message, context, request);
  }
  const result = await settings.call.unary(binding.method, message, context);
  const encoded = route.encoder.encode(result.message);
  return {
    kind: "whole",
    status: result.status ?? 200,
    headers: result.headers ? { "content-type": encoded.contentType, ...result.headers } : { "content-type": encoded.contentType },
    body: encoded.body,
  };
}

/** A compressed body read as it is would be nonsense at best. Unpacking it is the host's to do, or nobody's. */
function refuseEncodedBody(encoding: string | string[] | undefined, body: Uint8Array | undefined): void {
  if (encoding !== undefined && body !== undefined && body.length > 0 && String(encoding).trim().toLowerCase() !== "identity") {
    throw new TranscodeError("UNSUPPORTED_MEDIA_TYPE", "Send the body as it is, without a content encoding.", {
      headers: { "accept-encoding": "identity" },
    });
  }
}

async function answerStream<Attachment>(
  settings: Settings<Attachment>,
  { binding, encoder }: Route,
  message: Message,
  context: CallContext<Attachment>,
  request: TranscodeRequest<Attachment>,
): Promise<TranscodedResponse> {
  const headers = { "content-type": eventStreamContentType, "cache-control": "no-cache", "x-accel-buffering": "no" };
  if (request.method === "HEAD") {
    return { kind: "whole", status: 200, headers, body: "" };
  }
  const pump = createStreamPump(
    (signal) => settings.call.serverStream(binding.method, message, { ...context, signal }),
    context.signal,
  );
  try {
    const first = await pump.next(encoder.raw ? 2 ** 31 - 1 : settings.streamStartWaitMs);
    if (encoder.raw) {
      const contentType = first.kind === "value" ? encoder.encode(first.value).contentType : "application/octet-stream";
      return { kind: "stream", status: 200, headers: { "content-type": contentType }, body: writeRaw(pump, first, encoder) };
    }
    const body = writeEventStream(pump, first, {
      heartbeatIntervalMs: settings.heartbeatIntervalMs,
      eventOf: (item, count) => ({ ...settings.eventOf(binding.method, item, count), data: String(encoder.encode(item).body) }),
      renderFailure: (error) => settings.renderError(error, request).body,
    });
    return { kind: "stream", status: 200, headers, body };
  } catch (error) {
    pump.close();
    throw error;
  }
}

/** A stream of HttpBody is one download in pieces. A failure breaks it off, as there is no other way to tell. */
async function* writeRaw(
  pump: StreamPump<Message>,
  first: PumpOutcome<Message>,
  encoder: ResponseEncoder,
): AsyncGenerator<string | Uint8Array, void, undefined> {
  try {
    let outcome = first;
    while (outcome.kind === "value" || outcome.kind === "timeout") {
      if (outcome.kind === "value") {
        yield encoder.encode(outcome.value).body;
      }
      outcome = await pump.next(2 ** 31 - 1);
    }
  } finally {
    pump.close();
  }
}
