/** What a process says about itself: logs, metrics and traces. */
export { createLogger, logLevels, type Logger, type LogLevel } from "./logger.ts";
export { continueTrace, currentTrace, formatTraceparent, runInTrace, type TraceContext } from "./trace.ts";
