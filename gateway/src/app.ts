import { createRegistry } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import type { TokenVerifier } from "@flashdeal/runtime/auth";
import { reasonOf } from "@flashdeal/runtime/errors";
import type { UpstreamName } from "@flashdeal/runtime/lifecycle";
import { continueTrace, runInTrace, type Logger } from "@flashdeal/runtime/telemetry";
import fastify, { type FastifyHttpOptions, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Server } from "node:http";
import { v7 as uuidv7 } from "uuid";
import type { GatewayConfig } from "./config.ts";
import { answerConnectionFault } from "./connection-fault.ts";
import { renderProblem, toRpcError } from "./errors.ts";
import { createAdmission } from "./identity.ts";
import { registerCors } from "./plugins/cors.ts";
import { registerDocs } from "./plugins/docs.ts";
import { registerProbes } from "./plugins/probes.ts";
import { createTranscoder, TranscodeError, transcoderPlugin, type RenderedError, type TranscodeRequest } from "./transcode/index.ts";
import { createForward, type Attachment } from "./upstream/forward.ts";
import { upstreams } from "./upstream/upstreams.ts";

/** What the gateway is handed by the process that hosts it. */
export interface GatewayAdapters {
  readonly verifier: TokenVerifier;
  connect(service: UpstreamName): Transport;
  readonly log: Logger;
  /** Whether requests can be answered now; false while draining or where a service that all need is away. */
  ready(): boolean | Promise<boolean>;
}

/** The gateway as a Fastify app that does not listen yet. */
export async function createGatewayApp(config: GatewayConfig, adapters: GatewayAdapters): Promise<FastifyInstance> {
  const { log } = adapters;
  const options: FastifyHttpOptions<Server> = {
    bodyLimit: config.maxBodyBytes,
    // Hop 0 is the peer itself: without a proxy in front nobody's X-Forwarded-For counts.
    trustProxy: (_address, hop) => hop < config.trustedProxies,
    genReqId: (request) => requestIdOf(request.headers["x-request-id"]),
    requestTimeout: Math.max(30_000, config.requestTimeoutMs * 2),
    // Streams never end by themselves: a stop ends them.
    forceCloseConnections: true,
    clientErrorHandler: answerConnectionFault,
    frameworkErrors: (error, request, reply) => {
      void sendRendered((reply as FastifyReply).header("x-request-id", request.id), render(error, request));
    },
  };
  const app: FastifyInstance = fastify(options);

  const render = (thrown: unknown, request: Pick<FastifyRequest, "id" | "method" | "url">): RenderedError => {
    const { error, fault } = toRpcError(thrown, config.maxBodyBytes);
    if (fault !== undefined) {
      log.error({ err: fault, requestId: request.id, method: request.method, url: request.url }, "request failed");
    }
    return renderProblem(error, request.id, headersOf(thrown));
  };

  app.addHook("onRequest", (request, reply, done) => {
    const trace = continueTrace(headerOf(request, "traceparent"));
    // Where the request carries its id, everything that is handed its headers can name it.
    request.headers["x-request-id"] = request.id;
    void reply.header("x-request-id", request.id);
    runInTrace(trace, done);
  });
  app.addHook("onResponse", (request, reply, done) => {
    log.debug({ requestId: request.id, method: request.method, url: request.url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, "request");
    done();
  });

  const nothingHere = new TranscodeError("NOT_FOUND", "There is nothing at this path.");
  // For the routes beside the contract's, such as the files of /docs.
  app.setErrorHandler((error, request, reply) => sendRendered(reply, render(error, request)));
  app.setNotFoundHandler((request, reply) => sendRendered(reply, render(nothingHere, request)));

  await registerCors(app, config.corsOrigins);
  registerProbes(app, adapters.ready);
  await registerDocs(app);

  const admit = createAdmission(adapters.verifier);
  const renderError = (error: unknown, { headers, method, rawPath }: TranscodeRequest<Attachment | undefined>): RenderedError =>
    render(error, { id: String(headers["x-request-id"]), method, url: rawPath });
  const transcoder = createTranscoder<Attachment>({
    services: [...upstreams.keys()],
    registry: createRegistry(),
    call: createForward((service) => adapters.connect(service)),
    renderError,
    timeoutMsOf: (method) => (method.methodKind === "unary" ? config.requestTimeoutMs : undefined),
    heartbeatIntervalMs: config.heartbeatMs,
  });
  await app.register(
    transcoderPlugin<Attachment>({
      transcoder,
      renderError,
      admit: async (request, _reply, binding) => ({
        principal: await admit(binding.method, headerOf(request, "authorization")),
        clientAddress: request.ip,
      }),
    }),
  );
  return app;
}

function sendRendered(reply: FastifyReply, { status, headers, body }: RenderedError): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}

/** The caller's id where it is one that a log can bear, else a new one. */
function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === "string" && /^[\w.:-]{1,128}$/.test(header) ? header : uuidv7();
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function headersOf(thrown: unknown): Readonly<Record<string, string>> {
  return typeof thrown === "object" && thrown !== null && "headers" in thrown && reasonOf(thrown) === undefined
    ? (thrown.headers as Readonly<Record<string, string>>)
    : {};
}
