import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { rootFolder } from "../generate/contract.ts";
import type { Skipped } from "../servers/index.ts";
import { goVersion } from "../tools/tools.ts";

/** The processes of the standard profile, in the order in which they start. */
export const serviceNames = ["auth", "product", "order", "stock-query", "auditor", "outbox-relay", "gateway"] as const;

export type ServiceName = (typeof serviceNames)[number];

/** The languages that a service can run in. */
export type Implementation = "ts" | "go";

/** Services that have a drop-in in Go. */
export const goServices: readonly ServiceName[] = ["stock-query"];

/** How a process is started. */
export interface ServiceCommand {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * What Node is told: how large the young generation is, of which there are up to three times as many MB. The order service's calls wait by the thousand for their
 * batch: with a small one they and all that they refer to are moved twice and die old, which doubles the CPU time of an order. The others lose nothing by it.
 */
export function nodeArgumentsOf(service: ServiceName): readonly string[] {
  return [`--max-semi-space-size=${service === "order" ? 64 : 8}`];
}

/**
 * What Node finds in its environment. It keeps what it makes of the sources: a process starts a fifth sooner and takes 25 MB less, as the compiler of
 * TypeScript is not loaded. Its threads share two of glibc's arenas, which takes 10 to 20 MB off, and glibc puts what is freed together at once: a full collection frees several 100,000
 * strings of headers, and the next allocation would go through all of them, for 40 to 60 ms in which nobody is answered. Elsewhere both mean nothing.
 */
export const nodeEnvironment = {
  NODE_COMPILE_CACHE: join(rootFolder, "node_modules", ".cache", "node"),
  MALLOC_ARENA_MAX: "2",
  GLIBC_TUNABLES: "glibc.malloc.mxfast=0",
} as const;

/** The command of a service in a language; a Go one is built first, into `binFolder`. */
export function commandOf(service: ServiceName, implementation: Implementation, binFolder: string): ServiceCommand | Skipped {
  if (implementation === "ts") {
    const main = service === "gateway" ? "gateway/src/main.ts" : `services/${service}/src/main.ts`;
    return { command: process.execPath, arguments: [...nodeArgumentsOf(service), join(rootFolder, main)], environment: nodeEnvironment };
  }
  if (!goServices.includes(service)) {
    return { skipped: `${service} has no implementation in Go; there is one of ${goServices.join(", ")}` };
  }
  if (goVersion() === undefined) {
    return { skipped: `${service} in Go has to be built, and there is no Go toolchain` };
  }
  const binary = join(binFolder, service);
  execFileSync("go", ["build", "-trimpath", "-o", binary, `./cmd/${service}`], { cwd: join(rootFolder, "services/go"), stdio: ["ignore", "inherit", "inherit"] });
  return { command: binary, arguments: [], environment: {} };
}
