import { describe, expect, it } from "vitest";
import { type FileReport, addUp, slowestFiles, summarizeGo, summarizeVitest, summaryLines } from "./summary.ts";

type TestReport = FileReport["tests"][number];

const test = (state: TestReport["state"], titles: readonly string[] = ["a test"], note?: string): TestReport => ({ state, titles, note });

const file = (failed: boolean, tests: TestReport[], seconds = 1): FileReport => ({ path: `${seconds}.test.ts`, failed, durationMs: seconds * 1_000, tests });

const goEvents = (...events: object[]) => events.map((event) => JSON.stringify(event));

describe("summary of vitest", () => {
  it("counts what passed and failed", () => {
    const files = [file(false, [test("passed"), test("passed")]), file(true, [test("failed"), test("passed")])];
    expect(summarizeVitest(files)).toEqual({ passed: 3, failed: 1, skipped: new Map() });
  });

  it("a file that does not load, and a test that never ended, are failures", () => {
    expect(summarizeVitest([file(true, [])]).failed).toBe(1);
    expect(summarizeVitest([file(true, [test("passed"), test("pending")])])).toMatchObject({ passed: 1, failed: 1 });
  });

  it("a hook that throws after its tests passed is a failure", () => {
    expect(summarizeVitest([file(true, [test("passed")])])).toMatchObject({ passed: 1, failed: 1 });
  });

  it("groups skipped tests by their reasons: in their notes, their titles, or none", () => {
    const tests = [
      test("skipped", ["store", "skipped: no Redis: none here", "a"]),
      test("skipped", ["store", "b"], "no Redis: none here"),
      test("skipped", ["c (skipped: too old)"]),
      test("skipped", ["d"]),
    ];
    expect(summarizeVitest([file(false, tests)]).skipped).toEqual(new Map([["no Redis: none here", 2], ["too old", 1], ["no reason given", 1]]));
  });

  it("lists the slowest files first", () => {
    expect(slowestFiles([file(false, [], 2), file(false, [], 30), file(false, [], 1)], 2)).toEqual(["  30.0 s  30.test.ts", "   2.0 s  2.test.ts"]);
  });
});

describe("summary of go test", () => {
  it("counts leaves, and notes of skipped tests", () => {
    const lines = goEvents(
      { Action: "run", Package: "p", Test: "TestA" },
      { Action: "pass", Package: "p", Test: "TestA/one" },
      { Action: "fail", Package: "p", Test: "TestA/two/deep" },
      { Action: "fail", Package: "p", Test: "TestA/two" },
      { Action: "fail", Package: "p", Test: "TestA" },
      { Action: "output", Package: "p", Test: "TestB", Output: "    b_test.go:7: no NATS\n" },
      { Action: "skip", Package: "p", Test: "TestB" },
      { Action: "fail", Package: "p" },
    );
    expect(summarizeGo(lines)).toEqual({ passed: 1, failed: 1, skipped: new Map([["no NATS", 1]]) });
  });

  it("a package that does not compile is a failure, one without tests is not", () => {
    const lines = ["# p", "./a.go:1: syntax error", ...goEvents({ Action: "fail", Package: "p" }, { Action: "skip", Package: "q" })];
    expect(summarizeGo(lines)).toEqual({ passed: 0, failed: 1, skipped: new Map() });
  });
});

describe("summary of the run", () => {
  it("adds the parts up and ends with the count alone on a line", () => {
    const parts = [
      { passed: 3, failed: 0, skipped: new Map([["no Go", 1]]) },
      { passed: 1, failed: 2, skipped: new Map([["no Go", 1], ["no Redis", 5]]) },
    ];
    expect(summaryLines(addUp(parts))).toEqual(["skipped 5: no Redis", "skipped 2: no Go", "4 passed, 2 failed, 7 skipped"]);
  });
});
