import { AsyncLocalStorage } from "node:async_hooks";
import { drawRandom } from "../ids/index.ts";

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

/** Of all zeros an id would be broken; that is as likely as two that are the same. */
function newTraceId(): string {
  return randomHex(16);
}

function newSpanId(): string {
  return randomHex(8);
}

function randomHex(bytes: number): string {
  const { pool, at } = drawRandom(bytes);
  return pool.toString("hex", at, at + bytes);
}
