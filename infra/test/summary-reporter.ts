import { writeFileSync } from "node:fs";
import type { Reporter, TestCase, TestModule } from "vitest/node";
import type { FileReport } from "./summary.ts";

/** Names the file that `SummaryReporter` writes. */
export const REPORT_FILE_VARIABLE = "FLASHDEAL_TEST_REPORT_FILE";

/** Writes what `summarizeVitest` reads. Vitest's own JSON report leaves out the notes of tests that skip themselves. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const path = process.env[REPORT_FILE_VARIABLE];
    if (path !== undefined) writeFileSync(path, JSON.stringify(modules.map(reportOf)));
  }
}

function reportOf(module: TestModule): FileReport {
  const { collectDuration, setupDuration, environmentSetupDuration, prepareDuration, duration } = module.diagnostic();
  return {
    path: module.relativeModuleId,
    failed: module.state() === "failed" || module.state() === "pending" || module.state() === "queued",
    durationMs: collectDuration + setupDuration + environmentSetupDuration + prepareDuration + duration,
    tests: [...module.children.allTests()].map((test) => ({ state: test.result().state, titles: titlesOf(test), note: noteOf(test) })),
  };
}

function titlesOf(test: TestCase): string[] {
  const titles = [test.name];
  for (let parent = test.parent; parent.type === "suite"; parent = parent.parent) titles.unshift(parent.name);
  return titles;
}

function noteOf(test: TestCase): string | undefined {
  const result = test.result();
  if (result.state !== "skipped") return undefined;
  return result.note ?? (hasBrokenSuite(test) ? "their suite failed before they could run" : undefined);
}

function hasBrokenSuite(test: TestCase): boolean {
  for (let parent = test.parent; ; parent = parent.parent) {
    if (parent.errors().length > 0) return true;
    if (parent.type === "module") return false;
  }
}
