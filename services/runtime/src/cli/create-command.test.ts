import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const entries = [
  "services/all-in-one/src/main.ts",
  "services/conformance/src/main.ts",
  "infra/stack/main.ts",
  "infra/test/main.ts",
  "infra/audit/main.ts",
  "services/conformance/src/testing/faults/main.ts",
  "infra/check/main.ts",
  "infra/generate/main.ts",
  "infra/tools/main.ts",
  "bench/sale/main.ts",
  "bench/ab/main.ts",
  "bench/orders/main.ts",
];

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(entry: string, ...words: string[]): Promise<Ended> {
  const ended = promisify(execFile)(process.execPath, [entry, ...words], { cwd: root, timeout: 60_000 });
  return ended.then(
    (output) => ({ ...output, code: 0 }),
    (error: Ended) => error,
  );
}

describe("command line - every command of the project", () => {
  it.each(entries)("%s names its options when it is asked, and when it is asked for what it does not have", async (entry) => {
    const help = await run(entry, "--help");
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toMatch(/^Usage: npm /);
    const wrong = await run(entry, "--no-such-option", "x");
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toContain("unknown option '--no-such-option'");
    expect(wrong.stderr).toContain("--help");
  }, 60_000);
});
