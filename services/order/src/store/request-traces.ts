import { currentTrace, type TraceContext } from "@flashdeal/runtime/telemetry";
import type { KeyedRequest } from "../domain/ports.ts";

const traces = new WeakMap<KeyedRequest, TraceContext>();

/** Remembers the trace of the call that a request belongs to, before the request goes into a batch with others. */
export function rememberTrace(request: KeyedRequest): void {
  const trace = currentTrace();
  if (trace !== undefined) traces.set(request, trace);
}

/** The trace of the call that a request came with. */
export function traceOfRequest(request: KeyedRequest): TraceContext | undefined {
  return traces.get(request);
}
