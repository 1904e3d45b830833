import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { points } from "./testing/faults/faults.ts";
import { runFaults } from "./testing/faults/run-faults.ts";
import { seed } from "./testing/seeded-random.ts";

/** The service must be back this soon after the process is, in milliseconds. */
const recoveryMs = 5_000;

it(`faults - at each named point, and at random, nothing is lost and nothing happens twice (CRASH_SEED=${seed})`, { timeout: 300_000 }, async ({ skip }) => {
  const folder = mkdtempSync(join(tmpdir(), "flashdeal-faults-"));
  const report = await runFaults({ seed, seconds: 6, points, folder, notice: (line) => console.log(line) });
  if ("skipped" in report) return skip(report.skipped);
  expect(report.faults, `the history is in ${folder}`).toEqual([]);
  expect(report.acknowledged).toBeGreaterThan(50);
  const struck = report.struck.filter((fault) => fault.struck);
  expect(struck.length).toBeGreaterThan(points.length * 0.7);
  expect(struck.filter((fault) => fault.recoveryMs > recoveryMs)).toEqual([]);
  rmSync(folder, { recursive: true, force: true });
});
