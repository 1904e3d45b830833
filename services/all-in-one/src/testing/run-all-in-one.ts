import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const startTimeoutMs = 60_000;

/** The platform as the process that `npm start` runs. */
export interface RunningAllInOne {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  /** Resolves when it has said that it is ready; rejects with its output where it ends before. */
  ready(): Promise<void>;
  /** Resolves with the exit code, undefined after a signal. */
  exited(): Promise<number | undefined>;
  /** Asks it to stop and waits for that; answers the exit code. */
  stop(): Promise<number | undefined>;
}

/** Starts the process with these arguments and the environment on top of ours; ports that are not named are free ones. */
export function runAllInOne(environment: Readonly<Record<string, string>>, words: readonly string[] = []): RunningAllInOne {
  const child = spawn(process.execPath, [main, ...words], {
    env: { ...process.env, GATEWAY_PORT: "0", GRPC_PORT: "0", HTTP_PORT: "0", ARGON2_MEMORY_KIB: "64", ARGON2_ITERATIONS: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  }
  const ended = once(child, "exit").then(([code]) => (typeof code === "number" ? code : undefined));
  return {
    child,
    output: () => output,
    async ready() {
      const deadline = Date.now() + startTimeoutMs;
      while (!output.includes("Stop with Ctrl-C")) {
        if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
          throw new Error(`the platform did not start:\n${output}`);
        }
        await sleep(20);
      }
    },
    exited: () => ended,
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}
