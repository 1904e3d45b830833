import { METHODS } from "node:http";
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { HttpBinding } from "./http-rule.ts";
import { invalidInput } from "./transcode-error.ts";
import type { BindingMatch, RenderedError, TranscodedResponse, Transcoder, TranscodeRequest } from "./transcoder.ts";

/** Options of the plugin. */
export interface TranscoderPluginOptions<Attachment = undefined> {
  readonly transcoder: Transcoder<Attachment>;
  /** The same port as the transcoder's; here it also answers a body that is too large and whatever `admit` throws. */
  readonly renderError: (error: unknown, request: TranscodeRequest<Attachment | undefined>) => RenderedError;
  /**
   * Runs for each request whose route is known, before its body is read: the place for authentication and rate limits. What
   * it returns becomes the call's attachment; what it throws is rendered.
   */
  readonly admit: (request: FastifyRequest, reply: FastifyReply, binding: HttpBinding) => Attachment | Promise<Attachment>;
}

/**
 * Makes Fastify's `frameworkErrors` option, so that a URL with a malformed escape, which Fastify's router refuses before any plugin
 * sees it, is rendered like every other fault.
 */
export function renderFrameworkErrors(
  render: (error: unknown, request: TranscodeRequest<undefined>) => RenderedError,
): (error: Error, request: FastifyRequest, reply: FastifyReply) => void {
  return (error, request, reply) => {
    const malformedUrl = "code" in error && error.code === "FST_ERR_BAD_URL";
    const fault = malformedUrl
      ? invalidInput({ field: "", description: "The path must be percent-encoded UTF-8.", reason: "MALFORMED_ENCODING" })
      : error;
    const { status, headers, body } = render(fault, toTranscodeRequest(request, new AbortController().signal, undefined));
    void reply.code(status).headers(headers).send(body);
  };
}

interface Transcoding<Attachment> {
  readonly match: BindingMatch;
  readonly attachment: Attachment | undefined;
}

/** Bytes that a stream may hold for a client that reads slowly. */
const streamHighWaterMarkBytes = 16_384;

/**
 * Mounts a transcoder on Fastify 5 as the route for every path that no other route takes, in a scope of its own: bodies stay raw
 * there, and routing is the transcoder's, not Fastify's. Use as `fastify.register(transcoderPlugin(options))`.
 */
export function transcoderPlugin<Attachment>(
  options: TranscoderPluginOptions<Attachment>,
): (fastify: FastifyInstance) => Promise<void> {
  const { transcoder, renderError, admit } = options;
  return async (fastify) => {
    const states = new WeakMap<FastifyRequest, Transcoding<Attachment>>();
    allowMethods(fastify, transcoder);
    fastify.removeAllContentTypeParsers();
    fastify.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

    fastify.addHook("onRequest", async (request, reply) => {
      const { rawPath } = splitUrl(request.raw.url ?? "/");
      const match = transcoder.match(request.method, rawPath);
      const attachment = match.kind === "matched" ? await admit(request, reply, match.binding) : undefined;
      states.set(request, { match, attachment });
    });

    fastify.setErrorHandler((error, request, reply) => {
      const { status, headers, body } = renderError(error, toTranscodeRequest(request, new AbortController().signal, undefined));
      return reply.code(status).headers(headers).send(body);
    });

    fastify.route({
      method: fastify.supportedMethods.filter((method) => !isTaken(fastify, method)),
      url: "/*",
      handler: async (request, reply) => {
        const state = states.get(request);
        const signal = clientSignal(reply);
        // A match always has the attachment that `admit` returned; without a match no call is made that could look at it.
        const attachment = state?.attachment as Attachment;
        const response = await transcoder.handle(toTranscodeRequest(request, signal, attachment), state?.match);
        return send(reply, response);
      },
    });
  };
}

/**
 * Lets every method that node can read reach the transcoder, which knows whether a path takes it: Fastify would answer those that it
 * does not know by itself, and QUERY without a content type too. Methods that no binding has bring no body.
 */
function allowMethods<Attachment>(fastify: FastifyInstance, transcoder: Transcoder<Attachment>): void {
  const bound = new Set(transcoder.bindings.map(({ httpMethod }) => httpMethod));
  for (const method of new Set([...bound, ...METHODS])) {
    if (method === "*" || method === "CONNECT") {
      continue;
    }
    if (!fastify.supportedMethods.includes(method)) {
      fastify.addHttpMethod(method, { hasBody: bound.has(method) });
    }
  }
  if (!bound.has("QUERY") && !bound.has("*")) {
    fastify.addHttpMethod("QUERY", { hasBody: false, overrideExisting: true });
  }
}

/** Whether the host has a route for every path already, as @fastify/cors has for OPTIONS. */
function isTaken(fastify: FastifyInstance, method: string): boolean {
  return fastify.hasRoute({ method, url: "*" }) || fastify.hasRoute({ method, url: "/*" });
}

function splitUrl(url: string): { rawPath: string; rawQuery: string } {
  const mark = url.indexOf("?");
  return mark < 0 ? { rawPath: url, rawQuery: "" } : { rawPath: url.slice(0, mark), rawQuery: url.slice(mark + 1) };
}

function toTranscodeRequest<Attachment>(
  request: FastifyRequest,
  signal: AbortSignal,
  attachment: Attachment,
): TranscodeRequest<Attachment> {
  return {
    method: request.method,
    ...splitUrl(request.raw.url ?? "/"),
    headers: request.headers,
    body: request.body instanceof Uint8Array ? request.body : undefined,
    signal,
    attachment,
  };
}

/** Aborted when the connection closes before the answer is complete. */
function clientSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) {
      controller.abort(new Error("the client has closed the connection"));
    }
  });
  return controller.signal;
}

function send(reply: FastifyReply, response: TranscodedResponse): FastifyReply {
  reply.code(response.status).headers(response.headers);
  if (response.kind === "whole") {
    return reply.send(typeof response.body === "string" ? response.body : Buffer.from(response.body));
  }
  return reply.send(Readable.from(response.body, { objectMode: false, highWaterMark: streamHighWaterMarkBytes }));
}
