import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";
import type { RunningServer, ServerOptions } from "./running-server.ts";

const run = promisify(execFile);
const START_TIMEOUT_MS = 60_000;

/** How one kind of server runs in a container. */
export interface ContainerKind {
  readonly image: string;
  /** The port inside. */
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  url(port: number): string;
  isReady(port: number): Promise<boolean>;
}

/**
 * Starts a container whose port is published on 127.0.0.1 only. Unlike a private process it outlives us where we are
 * killed: it carries the label `flashdeal`.
 */
export async function startContainer(kind: ContainerKind, options: ServerOptions): Promise<RunningServer> {
  const port = options.port ?? (await freePort());
  const environment = Object.entries(kind.environment).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  const published = ["-p", `127.0.0.1:${port}:${kind.port}`];
  const started = await run("docker", ["run", "-d", "--label", "flashdeal", ...published, ...environment, kind.image, ...kind.command]);
  const id = started.stdout.trim();
  let removed = false;
  const ready = async (): Promise<void> => {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await kind.isReady(port))) {
      if (Date.now() > deadline) {
        throw new Error(`${kind.image} did not become ready within ${START_TIMEOUT_MS} ms`);
      }
      await sleep(100);
    }
  };
  const stop = async (): Promise<void> => {
    if (!removed) {
      removed = true;
      await run("docker", ["rm", "-f", "-v", id]);
    }
  };
  try {
    await ready();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: kind.url(port),
    origin: "docker",
    pid: undefined,
    async kill() {
      await run("docker", ["kill", id]);
    },
    async restart() {
      await run("docker", ["restart", id]);
      await ready();
    },
    stop,
  };
}
