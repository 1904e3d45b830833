import type { DescMethod } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { Counter, Histogram, type Registry } from "prom-client";
import { reasonOf } from "../errors/index.ts";
import type { CallObserver } from "../rpc/index.ts";
import type { Logger } from "./logger.ts";
import { traceOf } from "./trace-interceptor.ts";

/** Codes that say that this side is at fault. */
const serverFaults: ReadonlySet<Code> = new Set([Code.Unknown, Code.Internal, Code.DataLoss, Code.Unavailable]);

/**
 * One line per call: at debug, or at warn with the stack where the server is at fault. It never holds headers, tokens or
 * messages.
 */
export function createAccessLog(log: Logger): CallObserver {
  return (method) => {
    const name = `${method.parent.typeName}/${method.name}`;
    return ({ context, error, fault, durationMs }) => {
      const level = error !== undefined && serverFaults.has(error.code) ? "warn" : "debug";
      if (!log.isLevelEnabled(level)) return;
      const line = {
        method: name,
        protocol: context.protocolName,
        code: codeName(error?.code),
        reason: reasonOf(error),
        durationMs: Math.round(durationMs * 100) / 100,
        traceId: traceOf(context)?.traceId,
        err: fault ?? (level === "warn" ? error?.cause : undefined),
      };
      log[level](line, "call");
    };
  };
}

/** Upper bounds in seconds: fine around the objectives (50 ms, 200 ms), and up to the longest deadline. */
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10];

/** Counts calls by code and measures how long they take. The metrics are those of one registry. */
export function createCallMetrics(registry: Registry): CallObserver {
  const handled = new Counter({
    name: "rpc_server_handled_total",
    help: "Calls that ended, by method and code.",
    labelNames: ["service", "method", "code"] as const,
    registers: [registry],
  });
  const duration = new Histogram({
    name: "rpc_server_duration_seconds",
    help: "How long calls took, streams to their end.",
    labelNames: ["service", "method"] as const,
    buckets: durationBuckets,
    registers: [registry],
  });
  return (method: DescMethod) => {
    const labels = { service: method.parent.typeName, method: method.name };
    const durations = duration.labels(labels);
    const byCode = new Map<Code | undefined, { inc(): void }>();
    return ({ error, durationMs }) => {
      let counter = byCode.get(error?.code);
      if (counter === undefined) byCode.set(error?.code, (counter = handled.labels({ ...labels, code: codeName(error?.code) })));
      counter.inc();
      durations.observe(durationMs / 1_000);
    };
  };
}

/** The canonical name of a code as gRPC spells it: `OK`, `FAILED_PRECONDITION`. */
export function codeName(code: Code | undefined): string {
  if (code === undefined) return "OK";
  if (code === Code.Canceled) return "CANCELLED";
  return Code[code].replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}
