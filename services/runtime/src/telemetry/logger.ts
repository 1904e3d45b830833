import { pino, type Logger } from "pino";

export type { Logger } from "pino";

/** How much a process says. */
export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";

/** Every level, from quiet to loud, for configuration. */
export const logLevels: readonly LogLevel[] = ["silent", "fatal", "error", "warn", "info", "debug", "trace"];

/** A structured log on standard output, one JSON object per line. What could hold a secret is cut out by name. */
export function createLogger(options: { readonly name: string; readonly level?: LogLevel }): Logger {
  return pino({
    name: options.name,
    level: options.level ?? "info",
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: ["authorization", "password", "token", "secret", "*.authorization", "*.password", "*.token", "*.secret"], remove: true },
  });
}
