import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";

/** Where in a trace the current work stands (W3C Trace Context). */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits: the work that is going on here. */
  readonly spanId: string;
  /** The caller's span; undefined where the trace begins here. */
  readonly parentSpanId: string | undefined;
  readonly sampled: boolean;
}

const storage = new AsyncLocalStorage<TraceContext>();
const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The trace of the call or event that is being handled; undefined outside of one. */
export function currentTrace(): TraceContext | undefined {
  return storage.getStore();
}

/** Runs `work` as part of the trace, with all that it awaits. */
export function runInTrace<T>(trace: TraceContext, work: () => T): T {
  return storage.run(trace, work);
}

/** Goes on with the trace of a `traceparent` header, or begins a new one where it is absent or broken. */
export function continueTrace(traceparent: string | undefined): TraceContext {
  const match = traceparent === undefined ? null : pattern.exec(traceparent);
  const [, version, traceId, parentSpanId, flags] = match ?? [];
  const broken = version === undefined || version === "ff" || /^0+$/.test(traceId ?? "0") || /^0+$/.test(parentSpanId ?? "0");
  if (broken || traceId === undefined || flags === undefined) {
    return { traceId: newTraceId(), spanId: newSpanId(), parentSpanId: undefined, sampled: true };
  }
  return { traceId, spanId: newSpanId(), parentSpanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** The header that hands the trace on. */
export function formatTraceparent(trace: TraceContext): string {
  return `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? "01" : "00"}`;
}

// Node draws UUIDs from a pool of random bytes, which makes them much cheaper than as many calls of randomBytes.
function newTraceId(): string {
  return randomUUID().replaceAll("-", "");
}

function newSpanId(): string {
  const id = randomUUID();
  return id.slice(0, 8) + id.slice(-8);
}
