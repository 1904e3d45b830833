import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, mkdtempSync, openSync, closeSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import type { RunningServer, ServerOptions } from "./running-server.ts";

export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** How one kind of server is started. */
export interface ServerKind {
  readonly name: string;
  readonly command: string;
  /** Runs as this user; undefined: as ours. */
  readonly user?: User | undefined;
  /** Signal that stops it in order, and fast. */
  readonly stopSignal: NodeJS.Signals;
  /** Runs once on a new folder. */
  prepare?(folder: string): Promise<void>;
  arguments(folder: string, port: number): readonly string[];
  /** What it finds in its environment besides ours. Default: nothing. */
  environment?(port: number): Readonly<Record<string, string>>;
  url(port: number): string;
  /** True when the server on this port takes requests. */
  isReady(port: number): Promise<boolean>;
}

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;
const RELAUNCH_TIMEOUT_MS = 10_000;
const PORT_ATTEMPTS = 3;

/**
 * Starts a server of our own on 127.0.0.1. It dies with this process, also where that is killed: a watcher of its own
 * waits for the end of a pipe that we hold.
 */
export async function startPrivateServer(kind: ServerKind, options: ServerOptions): Promise<RunningServer> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), `flashdeal-${kind.name}-`));
  const temporary = options.folder === undefined;
  mkdirSync(folder, { recursive: true });
  if (kind.user !== undefined) {
    chownSync(folder, kind.user.uid, kind.user.gid);
  }
  try {
    await kind.prepare?.(folder);
    for (let attempt = 1; ; attempt++) {
      const port = options.port ?? (await freePort());
      try {
        const process = await launch(kind, folder, port, temporary);
        return handle(kind, folder, port, temporary, process);
      } catch (error) {
        // Somebody may take the free port before the server does.
        if (options.port !== undefined || attempt === PORT_ATTEMPTS) {
          throw error;
        }
      }
    }
  } catch (error) {
    if (temporary) {
      rmSync(folder, { recursive: true, force: true });
    }
    throw error;
  }
}

interface Launched {
  readonly child: ChildProcess;
  readonly watcher: ChildProcess;
}

function handle(kind: ServerKind, folder: string, port: number, temporary: boolean, first: Launched): RunningServer {
  let current: Launched | undefined = first;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = current;
    current = undefined;
    if (ending !== undefined) {
      await stopProcess(ending, signal);
    }
  };
  return {
    url: kind.url(port),
    origin: kind.command,
    get pid() {
      return current?.child.pid;
    },
    kill: () => end("SIGKILL"),
    async restart() {
      await end(kind.stopSignal);
      current = await relaunch(kind, folder, port, temporary);
    },
    async stop() {
      await end(kind.stopSignal);
      if (temporary) {
        rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
      }
    },
  };
}

/**
 * After kill -9 a server's children may live a moment longer (Postgres's hold its shared memory), and until they are gone a
 * new one refuses to start: it is tried again for a while.
 */
async function relaunch(kind: ServerKind, folder: string, port: number, temporary: boolean): Promise<Launched> {
  const deadline = Date.now() + RELAUNCH_TIMEOUT_MS;
  for (;;) {
    try {
      return await launch(kind, folder, port, temporary);
    } catch (error) {
      if (Date.now() > deadline) {
        throw error;
      }
      await sleep(100);
    }
  }
}

async function launch(kind: ServerKind, folder: string, port: number, temporary: boolean): Promise<Launched> {
  const logFile = join(folder, "server.log");
  const log = openSync(logFile, "a");
  if (kind.user !== undefined) {
    chownSync(logFile, kind.user.uid, kind.user.gid);
  }
  const child = spawn(kind.command, kind.arguments(folder, port), {
    cwd: folder,
    stdio: ["ignore", log, log],
    env: { ...process.env, ...kind.environment?.(port) },
    ...(kind.user === undefined ? {} : { uid: kind.user.uid, gid: kind.user.gid }),
  });
  closeSync(log);
  const failed = new Promise<Error>((resolve) => child.once("error", resolve));
  const watcher = watch(child, kind.stopSignal, temporary ? folder : "");
  child.unref();
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    if (await kind.isReady(port)) {
      return { child, watcher };
    }
    await sleep(25);
  }
  const cause = child.pid === undefined ? (await failed).message : readFileSync(logFile, "utf8").trim().split("\n").slice(-5).join("\n");
  await stopProcess({ child, watcher }, "SIGKILL");
  throw new Error(`${kind.name} did not start on port ${port}:\n${cause}`);
}

/** Reads until our end of the pipe is gone, then stops the server and removes what was temporary. */
const WATCH_SCRIPT = 'cat >/dev/null; kill -s "$2" "$1" 2>/dev/null; sleep 1; kill -s KILL "$1" 2>/dev/null; if [ -n "$3" ]; then rm -rf "$3"; fi';

function watch(child: ChildProcess, stopSignal: NodeJS.Signals, folder: string): ChildProcess {
  const watcher = spawn("/bin/sh", ["-c", WATCH_SCRIPT, "flashdeal-watch", String(child.pid), stopSignal.slice(3), folder], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  watcher.on("error", () => undefined);
  watcher.unref();
  watcher.stdin?.on("error", () => undefined);
  (watcher.stdin as { unref?: () => void } | null)?.unref?.();
  return watcher;
}

async function stopProcess({ child, watcher }: Launched, signal: NodeJS.Signals): Promise<void> {
  // The watcher goes first: it must never signal a process id that somebody else has been given since. It is a shell and
  // its `cat`, in a process group of their own.
  if (watcher.pid !== undefined) {
    try {
      process.kill(-watcher.pid, "SIGKILL");
    } catch {
      // Gone already.
    }
  }
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  child.ref();
  const exited = once(child, "exit");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
