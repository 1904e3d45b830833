/** What a process says about itself: logs, metrics and traces. */
export { codeName, createAccessLog, createCallMetrics } from "./call-observers.ts";
export { createLogger, logLevels, type Logger, type LogLevel } from "./logger.ts";
export { createMetrics, Registry } from "./metrics.ts";
export { createTraceCallInterceptor, createTraceInterceptor, traceOf } from "./trace-interceptor.ts";
export { continueTrace, currentTrace, formatTraceparent, runInTrace, type TraceContext } from "./trace.ts";
