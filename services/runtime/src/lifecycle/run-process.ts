import { flushCompileCache } from "node:module";
import type { Logger } from "pino";
import { ConfigError } from "../config/index.ts";
import { giveMemoryBack } from "../memory/give-memory-back.ts";
import { keepGarbageYoung } from "../memory/keep-garbage-young.ts";
import { keepHeapSmall } from "../memory/keep-heap-small.ts";
import { createReleaseStack, type ReleaseStack } from "./release-stack.ts";

/** Exit codes, as sysexits.h has them where it does. */
export const exitCodes = { ok: 0, failure: 1, config: 78 } as const;

/** A failure whose message says all that the operator needs: it is printed without a stack. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** How a process is started and stopped. */
export interface ProcessOptions {
  readonly log: Logger;
  /** Deadline of the drain after the first signal, for everything together. */
  readonly drainTimeoutMs: number;
  /** Acquires everything, pushing each release. The process is up when it resolves. */
  readonly start: (stack: ReleaseStack) => Promise<void>;
}

/**
 * Runs a process from start to end: the first SIGTERM or SIGINT drains, the second ends it at once. A failed start releases
 * what was acquired and exits with 1. An unhandled rejection or exception is logged and ends the process with 1: its state
 * cannot be trusted any more.
 */
export async function runProcess(options: ProcessOptions): Promise<void> {
  keepGarbageYoung();
  keepHeapSmall();
  const { log } = options;
  giveMemoryBack({ onCalm: () => log.debug("calm again: memory is given back") });
  const stack = createReleaseStack(options.drainTimeoutMs);
  let draining: Promise<void> | undefined;
  const drain = async (signal: NodeJS.Signals): Promise<void> => {
    log.info({ signal }, "draining");
    const failures = await stack.release();
    for (const err of failures) log.error({ err }, "unclean stop");
    log.info("stopped");
    exit(log, failures.length === 0 ? exitCodes.ok : exitCodes.failure);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (draining === undefined) draining = drain(signal);
    else exit(log, exitCodes.failure);
  };
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
  const crash = (err: unknown): void => {
    log.fatal({ err }, "crashed");
    exit(log, exitCodes.failure);
  };
  process.on("unhandledRejection", crash).on("uncaughtException", crash);
  try {
    await options.start(stack);
    // With NODE_COMPILE_CACHE: the next start is shorter, also where this process is killed.
    flushCompileCache();
  } catch (error) {
    if (draining !== undefined) return;
    reportFailedStart(log, error);
    for (const err of await stack.release()) log.error({ err }, "unclean stop");
    exit(log, error instanceof ConfigError ? exitCodes.config : exitCodes.failure);
  }
}

function reportFailedStart(log: Logger, error: unknown): void {
  if (error instanceof ConfigError || error instanceof StartError) process.stderr.write(`${error.message}\n`);
  else log.fatal({ err: error }, "could not start");
}

/** Runs `load`, and ends the process with 78 and the list of problems where the configuration is wrong. */
export function loadConfigOrExit<T>(load: () => T): T {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(exitCodes.config);
  }
}

function exit(log: Logger, code: number): void {
  log.flush();
  process.exit(code);
}
