import { execFileSync } from "node:child_process";
import { rootFolder, runBuf } from "../generate/contract.ts";

/** The outcome of one check: `problems` is empty where it passed; `skipped` says why it could not run. */
export interface CheckOutcome {
  readonly problems: readonly string[];
  readonly skipped?: string;
}

/**
 * Compares the contract with the one at `base` (a git revision of the repository at `repository`): what breaks callers over
 * gRPC or JSON is a problem. Base by default: where the branch left `origin/main`, or the commit before where it is main.
 */
export function checkBreaking(base: string | undefined, folder: string = rootFolder): CheckOutcome {
  const revision = base ?? defaultBase();
  if (revision === undefined) {
    return { problems: [], skipped: "no earlier commit to compare with (first commit, or a shallow clone)" };
  }
  if (git(["ls-tree", "--name-only", revision, "buf.yaml"]) !== "buf.yaml") {
    return { problems: [], skipped: `there is no contract at ${revision} to compare with` };
  }
  try {
    runBuf(["breaking", folder, "--against", `${rootFolder}/.git#ref=${git(["rev-parse", revision])}`]);
    return { problems: [] };
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : String(error)] };
  }
}

function defaultBase(): string | undefined {
  const head = git(["rev-parse", "HEAD"]);
  const fork = git(["merge-base", "HEAD", "origin/main"]);
  if (fork !== undefined && fork !== head) {
    return fork;
  }
  return git(["rev-parse", "--verify", "--quiet", "HEAD^"]);
}

function git(args: readonly string[]): string | undefined {
  try {
    return execFileSync("git", args, { cwd: rootFolder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}
