import { create, isMessage, type DescMethod, type DescService, type Message } from "@bufbuild/protobuf";
import type { ConnectError, HandlerContext } from "@connectrpc/connect";
import { completeError, ErrorReason, reasonError } from "../errors/index.ts";
import { answersWithStream, begin, composeInterceptors, type CallRequest, type CallResponse, type Invoke, type ServerInterceptor } from "./interceptor.ts";
import type { ServiceRoutes } from "./service-routes.ts";

/** How one call ended. */
export interface CallOutcome {
  readonly context: HandlerContext;
  /** Undefined: the call succeeded. */
  readonly error: ConnectError | undefined;
  /** What was thrown, where the server is at fault; it belongs in the log with its stack. */
  readonly fault: unknown;
  readonly durationMs: number;
}

/**
 * Learns how each call ended: the access log, the metrics. It runs once per method when the server is made and answers what
 * every call of the method is told to, which must not throw.
 */
export type CallObserver = (method: DescMethod) => (outcome: CallOutcome) => void;

/** One method, ready to be called by any protocol: every error that it throws names a reason. */
export interface MethodHandler {
  readonly service: DescService;
  readonly method: DescMethod;
  readonly invoke: Invoke;
}

/** What the handlers of a server have in common. */
export interface MethodHandlerOptions {
  /** The first is the outermost. */
  readonly interceptors: readonly ServerInterceptor[];
  readonly observers: readonly CallObserver[];
}

/** One handler per method of the routes; absent methods answer NOT_IMPLEMENTED. */
export function createMethodHandlers(routes: readonly ServiceRoutes[], options: MethodHandlerOptions): MethodHandler[] {
  return routes.flatMap(({ service, implementation }) =>
    service.methods.map((method) => {
      const handler: unknown = implementation[method.localName];
      const invoke = typeof handler === "function" ? invokeHandler(method, handler.bind(implementation)) : notImplemented(method);
      return { service, method, invoke: observed(method, composeInterceptors(method, options.interceptors, invoke), options.observers) };
    }),
  );
}

type Handler = (request: CallRequest, context: HandlerContext) => unknown;

function invokeHandler(method: DescMethod, handler: Handler): Invoke {
  const output = method.output;
  const normalize = (value: unknown): Message =>
    isMessage(value, output) ? value : create(output, value as Parameters<typeof create<typeof output>>[1]);
  if (!answersWithStream(method)) return (request, context) => Promise.resolve(handler(request, context)).then(normalize);
  return async (request, context) => normalizeStream(handler(request, context) as AsyncIterable<unknown>, normalize);
}

async function* normalizeStream(values: AsyncIterable<unknown>, normalize: (value: unknown) => Message): AsyncGenerator<Message> {
  for await (const value of values) yield normalize(value);
}

function notImplemented(method: DescMethod): Invoke {
  return () => {
    throw notImplementedError(`${method.parent.typeName}/${method.name}`);
  };
}

/** The answer to a method that this server does not offer. */
export function notImplementedError(path: string): ConnectError {
  return reasonError(ErrorReason.NOT_IMPLEMENTED, `This server does not offer ${path}.`);
}

/** The outermost layer: completes errors and tells the observers, once per call, also when a stream ends early. */
function observed(method: DescMethod, invoke: Invoke, callObservers: readonly CallObserver[]): Invoke {
  const observers = callObservers.map((observer) => observer(method));
  const end = (context: HandlerContext, startMs: number, thrown?: { readonly value: unknown }): ConnectError | undefined => {
    const completed = thrown === undefined ? undefined : completeError(thrown.value, context);
    const durationMs = performance.now() - startMs;
    for (const observe of observers) observe({ context, error: completed?.error, fault: completed?.fault, durationMs });
    return completed?.error;
  };
  const streams = answersWithStream(method);
  return (request, context) => {
    const startMs = performance.now();
    const succeed = (response: CallResponse): CallResponse => {
      if (streams) return observedStream(response as AsyncIterable<Message>, (thrown) => end(context, startMs, thrown));
      end(context, startMs);
      return response;
    };
    const fail = (value: unknown): never => {
      throw end(context, startMs, { value });
    };
    return begin(invoke, request, context).then(succeed, fail);
  };
}

async function* observedStream(
  messages: AsyncIterable<Message>,
  end: (thrown?: { readonly value: unknown }) => ConnectError | undefined,
): AsyncGenerator<Message> {
  let ended = false;
  try {
    yield* messages;
  } catch (value) {
    ended = true;
    throw end({ value });
  } finally {
    if (!ended) end();
  }
}
