import type { Message } from "@bufbuild/protobuf";
import { createContextKey, type ContextKey, type HandlerContext, type Interceptor } from "@connectrpc/connect";
import { answersWithStream, requestHeaderOf, type ServerInterceptor } from "../rpc/index.ts";
import { continueTrace, currentTrace, formatTraceparent, runInTrace, type TraceContext } from "./trace.ts";

const traceparentHeader = "traceparent";
const traceKey: ContextKey<TraceContext | undefined> = createContextKey<TraceContext | undefined>(undefined, { description: "trace" });

/** The trace of a call, for code that holds its context. */
export function traceOf(context: Pick<HandlerContext, "values">): TraceContext | undefined {
  return context.values.get(traceKey);
}

/** Goes on with the caller's trace, or begins one, for the handler and all that it awaits. */
export function createTraceInterceptor(): ServerInterceptor {
  return (method, next) => {
    const streams = answersWithStream(method);
    return (request, context) => {
      const trace = continueTrace(requestHeaderOf(context, traceparentHeader));
      context.values.set(traceKey, trace);
      const response = runInTrace(trace, () => next(request, context));
      return streams ? response.then((messages) => streamInTrace(trace, messages as AsyncIterable<Message>)) : response;
    };
  };
}

/** A generator runs in the context of whoever asks for its next value, so each step is put back into the trace. */
function streamInTrace(trace: TraceContext, messages: AsyncIterable<Message>): AsyncIterable<Message> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = messages[Symbol.asyncIterator]();
      return {
        next: () => runInTrace(trace, () => iterator.next()),
        return: (value) => runInTrace(trace, async () => (await iterator.return?.(value)) ?? { done: true, value }),
      };
    },
  };
}

/** Hands the current trace on with each call of a transport. */
export function createTraceCallInterceptor(): Interceptor {
  return (next) => (request) => {
    const trace = currentTrace();
    if (trace !== undefined && !request.header.has(traceparentHeader)) request.header.set(traceparentHeader, formatTraceparent(trace));
    return next(request);
  };
}
