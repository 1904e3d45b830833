import type { DescMethod, Message } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";

/** The request of a call: one message, or the stream of them where the client streams. */
export type CallRequest = Message | AsyncIterable<Message>;

/** The response of a call: one message, or the stream of them where the server streams. */
export type CallResponse = Message | AsyncIterable<Message>;

/** Runs one call. It may throw instead of rejecting. */
export type Invoke = (request: CallRequest, context: HandlerContext) => Promise<CallResponse>;

/**
 * Wraps calls on the server, the same way for gRPC, Connect and gRPC-Web, and exactly once per call. It runs once per
 * method when the server is made and answers the function that every call of the method goes through: `next` itself where
 * the method has no need of it. The first interceptor of a list is the outermost.
 */
export type ServerInterceptor = (method: DescMethod, next: Invoke) => Invoke;

/** Composes `interceptors` around `invoke`, the first outermost. */
export function composeInterceptors(
  method: DescMethod,
  interceptors: readonly ServerInterceptor[],
  invoke: Invoke,
): Invoke {
  return interceptors.reduceRight((next, interceptor) => interceptor(method, next), invoke);
}

/**
 * An interceptor that only looks before the call runs: `check` throws or rejects to refuse it. `checkFor` runs once per
 * method and answers undefined where the method needs no check. A check that answers no promise costs no turn.
 */
export function guard(
  checkFor: (method: DescMethod) => ((request: CallRequest, context: HandlerContext) => void | Promise<void>) | undefined,
): ServerInterceptor {
  return (method, next) => {
    const check = checkFor(method);
    if (check === undefined) return next;
    return (request, context) => {
      const pending = check(request, context);
      return pending === undefined ? next(request, context) : invokeAfter(pending, next, request, context);
    };
  };
}

async function invokeAfter(pending: Promise<void>, next: Invoke, request: CallRequest, context: HandlerContext): Promise<CallResponse> {
  await pending;
  return next(request, context);
}

/**
 * Begins a call; where that throws, the answer rejects. For `then` on the way of every call: an async function that waits keeps about 450 bytes, and its
 * arguments, and of calls that wait by the thousand all that is kept is moved by each collection.
 */
export function begin<Arguments extends readonly unknown[]>(call: (...args: Arguments) => Promise<CallResponse>, ...args: Arguments): Promise<CallResponse> {
  try {
    return call(...args);
  } catch (thrown) {
    return Promise.reject(thrown as Error);
  }
}

/** Whether calls of the method are answered with a stream of messages instead of one. */
export function answersWithStream({ methodKind }: Pick<DescMethod, "methodKind">): boolean {
  return methodKind === "server_streaming" || methodKind === "bidi_streaming";
}
