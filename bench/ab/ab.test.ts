import { describe, expect, test } from "vitest";
import { countPrefixed } from "./ghz.ts";
import { usageOf } from "./process-usage.ts";
import { printableResult, type RunMeasurement } from "./report.ts";
import { ratios, spreadOf } from "./statistics.ts";

const run = (callsPerSecond: number): RunMeasurement => ({
  callsPerSecond,
  p50Ms: 1,
  p99Ms: 2,
  cpuSeconds: 1,
  cpuMicrosPerCall: 1_000_000 / callsPerSecond,
  callsPerCpuSecond: callsPerSecond,
  residentMiB: 100,
  generatorCpuSeconds: 1,
  calls: callsPerSecond,
});

describe("A/B benchmark", () => {
  test("statistics - median, lowest and highest; ratios pair by pair", () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(ratios([[1, 4], [2, 4]])).toEqual({ median: 3, min: 2, max: 4 });
    expect(() => spreadOf([])).toThrow(RangeError);
  });

  test("ghz data - each message stands after its length", () => {
    expect([...countPrefixed([Uint8Array.of(7, 8), Uint8Array.of(9)])]).toEqual([2, 7, 8, 1, 9]);
  });

  test("report - shows both sides, the ratio, and who shares the cores", () => {
    const options = { service: "stock-query", rpc: undefined, rounds: 2, seconds: 5, warmUpSeconds: 3, concurrency: 50, connections: 4, keys: 1_000 };
    const text = printableResult({ options, call: "p.S/M", sides: ["ts", "go"], rounds: [{ ts: run(1_000), go: run(4_000) }, { ts: run(1_200), go: run(6_000) }] });
    expect(text).toContain("1,100 [1,000 – 1,200]");
    expect(text).toContain("4.50 [4.00 – 5.00]");
    expect(text).toContain("shares the");
  });

  test.skipIf(process.platform !== "linux")("process usage - reads what the kernel says of a process", () => {
    const used = usageOf(process.pid);
    expect(used.cpuSeconds).toBeGreaterThan(0);
    expect(used.peakResidentBytes).toBeGreaterThanOrEqual(used.residentBytes);
  });
});
