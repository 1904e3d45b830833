import { aptInstall, findBinary, hasDocker } from "./binaries.ts";
import { startContainer } from "./docker-server.ts";
import { startPrivateServer } from "./private-server.ts";
import { probe } from "./probe.ts";
import { type RunningServer, type ServerOptions, type Skipped, foreignServer } from "./running-server.ts";

const IMAGE = "redis:8-alpine";

/** Keeps an append-only file, as the standard profile does, and refuses writes rather than evict what was promised. */
const SETTINGS: Readonly<Record<string, string>> = {
  appendonly: "yes",
  appendfsync: "everysec",
  save: "",
  "maxmemory-policy": "noeviction",
};

/** A Redis for tests: TEST_REDIS_URL, or else one of our own (see `startRedis`). */
export async function provideRedis(options: ServerOptions = {}): Promise<RunningServer | Skipped> {
  const named = process.env["TEST_REDIS_URL"];
  return named === undefined || named === "" ? startRedis(options) : foreignServer(named);
}

/** Starts a private Redis: from a binary on the machine, in Docker, or from a package that it installs as root on Debian. */
export async function startRedis(options: ServerOptions = {}): Promise<RunningServer | Skipped> {
  const settings = { ...SETTINGS, ...options.settings };
  const found = findRedis();
  if (found !== undefined) {
    return startBinary(found, settings, options);
  }
  if (hasDocker()) {
    const command = ["redis-server", ...settingArguments(settings)];
    return startContainer({ image: IMAGE, port: 6379, environment: {}, command, url, isReady }, options);
  }
  const outcome = aptInstall("redis-server", options.onNotice ?? console.error);
  const installed = findRedis();
  if ("skipped" in outcome || installed === undefined) {
    const reason = "skipped" in outcome ? outcome.skipped : "the package has no usable binary";
    return { skipped: `no Redis: TEST_REDIS_URL is not set, no redis-server on PATH, no Docker; ${reason}` };
  }
  return startBinary(installed, settings, options);
}

/** Starts several independent Redis servers, as Redlock needs; all or none. */
export async function startRedisNodes(count: number): Promise<readonly RunningServer[] | Skipped> {
  const outcomes = await Promise.allSettled(Array.from({ length: count }, () => startRedis()));
  const nodes = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" && "url" in outcome.value ? [outcome.value] : []));
  if (nodes.length === count) {
    return nodes;
  }
  await Promise.all(nodes.map((node) => node.stop()));
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed?.status === "rejected") {
    throw failed.reason;
  }
  const skipped = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" && "skipped" in outcome.value ? [outcome.value] : []))[0];
  return skipped ?? { skipped: "no Redis" };
}

function findRedis(): string | undefined {
  return findBinary("redis-server", ["/usr/local/bin", "/opt/homebrew/bin"]) ?? findBinary("valkey-server");
}

function startBinary(command: string, settings: Readonly<Record<string, string>>, options: ServerOptions): Promise<RunningServer> {
  return startPrivateServer(
    {
      name: "redis",
      command,
      stopSignal: "SIGTERM",
      arguments: (folder, port) => ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder, ...settingArguments(settings)],
      url,
      isReady,
    },
    options,
  );
}

function settingArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

function url(port: number): string {
  return `redis://127.0.0.1:${port}`;
}

function isReady(port: number): Promise<boolean> {
  return probe(port, "PING\r\n", (answer) => answer.toString().startsWith("+PONG"));
}
