import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

/** The root of the repository. */
export const rootFolder: string = join(import.meta.dirname, "..", "..");

const buf = join(rootFolder, "node_modules", ".bin", "buf");
const committed = join(rootFolder, "proto", "gen", "ts");

/** Runs buf in the root of the repository; throws with what it printed where it fails. */
export function runBuf(args: readonly string[], options: { readonly cwd?: string; readonly environment?: NodeJS.ProcessEnv } = {}): string {
  try {
    return execFileSync(buf, args, { cwd: options.cwd ?? rootFolder, env: options.environment ?? process.env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const output = error instanceof Error && "stdout" in error && "stderr" in error ? `${error.stdout}${error.stderr}` : String(error);
    throw new Error(`buf ${args.join(" ")}:\n${output}`, { cause: error });
  }
}

/** Writes proto/gen/ts anew from proto/. */
export function generateContract(): void {
  runBuf(["generate"]);
}

/** Names the generated files of the contract that are not what generating gives now. */
export function staleContractFiles(): string[] {
  const fresh = mkdtempSync(join(tmpdir(), "flashdeal-generate-"));
  try {
    runBuf(["generate", "--output", fresh]);
    return differences(join(fresh, "proto", "gen", "ts"), committed).map((name) => join("proto/gen/ts", name));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Names, relative to both folders, the files that are not the same in both. */
export function differences(expected: string, actual: string): string[] {
  const names = new Set([...filesBelow(expected), ...filesBelow(actual)]);
  return [...names].filter((name) => contentOf(join(expected, name)) !== contentOf(join(actual, name))).toSorted();
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
