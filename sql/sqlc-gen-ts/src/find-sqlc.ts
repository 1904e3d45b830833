import { execFile } from "node:child_process";
import { access, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The one version of sqlc whose output is committed; another one would change every generated Go file. */
export const SQLC_VERSION = "v1.31.1";

const VERSION_TIMEOUT_MS = 10_000;
const BUILD_TIMEOUT_MS = 900_000;

/** Where sqlc is, or why it is nowhere. */
export type SqlcLookup = { readonly path: string } | { readonly missing: string };

export interface FindSqlcOptions {
  /** Default: ~/.cache/flashdeal/tools/sqlc@<version>, where built tools are kept. */
  readonly cacheFolder?: string;
  /** Whether Go may build it; takes minutes, once. */
  readonly build: boolean;
  readonly log: (line: string) => void;
}

/** Looks in the tools' cache, then on PATH for the very version, then builds it with Go where that is allowed and there. */
export async function findSqlc(options: FindSqlcOptions): Promise<SqlcLookup> {
  const folder = options.cacheFolder ?? join(homedir(), ".cache", "flashdeal", "tools", `sqlc@${SQLC_VERSION}`);
  const cached = join(folder, "sqlc");
  if (await exists(cached)) {
    return { path: cached };
  }
  const onPath = await versionOf("sqlc");
  if (onPath === SQLC_VERSION) {
    return { path: "sqlc" };
  }
  const why = onPath === undefined ? "sqlc is not installed" : `sqlc on PATH is ${onPath}, not ${SQLC_VERSION}`;
  if (!options.build) {
    return { missing: why };
  }
  if ((await versionOf("go")) === undefined) {
    return { missing: `${why}, and Go is not there to build it` };
  }
  options.log(`Building sqlc ${SQLC_VERSION} with Go into ${folder}; this takes some minutes, once.`);
  await mkdir(folder, { recursive: true });
  try {
    const install = `github.com/sqlc-dev/sqlc/cmd/sqlc@${SQLC_VERSION}`;
    await run("env", [`GOBIN=${folder}`, "CGO_ENABLED=1", "go", "install", install], { timeout: BUILD_TIMEOUT_MS });
    return { path: cached };
  } catch (error) {
    return { missing: `${why}, and Go could not build it: ${error instanceof Error ? error.message : String(error)}` };
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** What a tool's version command prints; undefined where there is no such tool. */
async function versionOf(command: "sqlc" | "go"): Promise<string | undefined> {
  try {
    return (await run(command, ["version"], { timeout: VERSION_TIMEOUT_MS })).stdout.trim();
  } catch {
    return undefined;
  }
}
