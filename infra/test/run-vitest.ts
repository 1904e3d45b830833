import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootFolder } from "../generate/contract.ts";
import { spawnChild } from "./children.ts";
import { REPORT_FILE_VARIABLE } from "./summary-reporter.ts";
import { type FileReport, type Summary, slowestFiles, summarizeVitest } from "./summary.ts";

const SLOWEST_SHOWN = 10;

/** Runs the TypeScript tests, showing vitest's own progress. `args` go to vitest: file filters, `-t name` and so on. */
export async function runVitest(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<Summary> {
  const folder = mkdtempSync(join(tmpdir(), "flashdeal-test-"));
  const reportFile = join(folder, "vitest.json");
  try {
    const vitest = join(rootFolder, "node_modules", "vitest", "vitest.mjs");
    const reporters = ["--reporter=default", `--reporter=${join(import.meta.dirname, "summary-reporter.ts")}`];
    const env = { ...environment, [REPORT_FILE_VARIABLE]: reportFile };
    const child = spawnChild(process.execPath, [vitest, "run", ...reporters, ...args], { cwd: rootFolder, env, stdio: "inherit" });
    const [code] = (await once(child, "close")) as [number | null];
    const report = readReport(reportFile);
    if (report === undefined) {
      return { passed: 0, failed: 1, skipped: new Map() };
    }
    console.log(`\nSlowest files:\n${slowestFiles(report, SLOWEST_SHOWN).join("\n")}`);
    const summary = summarizeVitest(report);
    // Vitest also fails a run for what belongs to no test, such as an unhandled rejection or a filter that finds nothing.
    return code !== 0 && summary.failed === 0 ? { ...summary, failed: 1 } : summary;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(path: string): FileReport[] | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as FileReport[];
  } catch {
    // Vitest ended before it could report, and has said why.
    return undefined;
  }
}
