import { join } from "node:path";
import { findTool, goVersion, provideTool } from "../tools/tools.ts";
import { aptInstall, findBinary, hasDocker } from "./binaries.ts";
import { startContainer } from "./docker-server.ts";
import { startPrivateServer } from "./private-server.ts";
import { probe } from "./probe.ts";
import { type RunningServer, type ServerOptions, type Skipped, foreignServer } from "./running-server.ts";

const IMAGE = "nats:2.14-alpine";

/** A NATS server with JetStream for tests: TEST_NATS_URL, or else one of our own (see `startNats`). */
export async function provideNats(options: ServerOptions = {}): Promise<RunningServer | Skipped> {
  const named = process.env["TEST_NATS_URL"];
  return named === undefined || named === "" ? startNats(options) : foreignServer(named);
}

/**
 * Starts a private NATS server with JetStream on file: from a binary on the machine, in Docker, from the pinned version
 * that it builds where Go is there, or from a package that it installs as root on Debian. `settings` are not used.
 */
export async function startNats(options: ServerOptions = {}): Promise<RunningServer | Skipped> {
  const onNotice = options.onNotice ?? console.error;
  const found = findTool("nats-server") ?? findBinary("nats-server");
  if (found !== undefined) {
    return startNatsBinary(found, options);
  }
  if (hasDocker()) {
    return startContainer({ image: IMAGE, port: 4222, environment: {}, command: ["-js", "-sd", "/data"], url, isReady }, options);
  }
  if (goVersion() !== undefined) {
    const built = provideTool("nats-server", (tool) => onNotice(`building ${tool.name} ${tool.version} once, which takes a minute`));
    if ("path" in built) {
      return startNatsBinary(built.path, options);
    }
    onNotice(built.skipped);
  }
  const outcome = aptInstall("nats-server", onNotice);
  const installed = findBinary("nats-server", ["/usr/sbin"]);
  if ("skipped" in outcome || installed === undefined) {
    const reason = "skipped" in outcome ? outcome.skipped : "the package has no usable binary";
    return { skipped: `no NATS: TEST_NATS_URL is not set, no nats-server on PATH, no Docker, no Go that can build it; ${reason}` };
  }
  return startNatsBinary(installed, options);
}

/** Starts a private server from this very binary. */
export function startNatsBinary(command: string, options: ServerOptions = {}): Promise<RunningServer> {
  return startPrivateServer(
    {
      name: "nats",
      command,
      stopSignal: "SIGTERM",
      arguments: (folder, port) => ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", join(folder, "jetstream")],
      url,
      isReady,
    },
    options,
  );
}

function url(port: number): string {
  return `nats://127.0.0.1:${port}`;
}

function isReady(port: number): Promise<boolean> {
  return probe(port, "", (answer) => answer.toString().startsWith("INFO "));
}
