import type { HandlerContext } from "@connectrpc/connect";

/** Fires when a call is over before its answer: what code that only waits needs of an `AbortSignal`. Each listener is told once, and must not throw. */
export interface CallSignal {
  readonly aborted: boolean;
  /** Why, where it has fired. */
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Implemented by contexts that can tell without an `AbortSignal`, which with its controller and a listener is eight objects per call. */
export interface CallSignalSource {
  readonly callSignal: CallSignal;
}

/** The signal of a call. The way to wait on a hot path; whoever hands the signal on to other calls takes `context.signal`, which knows the deadline. */
export function callSignalOf(context: HandlerContext): CallSignal {
  return "callSignal" in context ? (context as HandlerContext & CallSignalSource).callSignal : context.signal;
}
