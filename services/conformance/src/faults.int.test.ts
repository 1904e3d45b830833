import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { drawPoints } from "./testing/faults/faults.ts";
import { isLate, runFaults } from "./testing/faults/run-faults.ts";
import { seed, seededRandom } from "./testing/seeded-random.ts";

// All points take minutes: `npm run test:faults`. Here chance draws a few, others each time.
const pointCount = 4;
const faultCount = 2;

it(`faults - at moments between two steps, and at random, nothing is lost and nothing happens twice (CRASH_SEED=${seed})`, { timeout: 240_000 }, async ({ skip }) => {
  const folder = mkdtempSync(join(tmpdir(), "flashdeal-faults-"));
  const points = drawPoints(pointCount, seededRandom(seed));
  const report = await runFaults({ seed, points, faults: faultCount, folder, notice: (line) => console.log(line) });
  if ("skipped" in report) return skip(report.skipped);
  expect(report.faults, `the history is in ${folder}`).toEqual([]);
  expect(report.acknowledged).toBeGreaterThan(50);
  expect(report.looks).toBeGreaterThan(5);
  expect(report.struck.filter(({ struck }) => !struck)).toEqual([]);
  expect(report.struck).toHaveLength(pointCount + faultCount);
  expect(report.struck.filter(isLate)).toEqual([]);
  rmSync(folder, { recursive: true, force: true });
});
