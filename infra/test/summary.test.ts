import { describe, expect, it } from "vitest";
import { type VitestReport, addUp, slowestFiles, summarizeGo, summarizeVitest, summaryLines } from "./summary.ts";

type Assertion = VitestReport["testResults"][number]["assertionResults"][number];

const test = (status: string, title = "a test", ...ancestorTitles: string[]): Assertion => ({ status, title, ancestorTitles });

const file = (status: "passed" | "failed", assertionResults: Assertion[], seconds = 1): VitestReport["testResults"][number] => ({
  name: `/root/of/${seconds}.test.ts`,
  status,
  startTime: 0,
  endTime: seconds * 1_000,
  assertionResults,
});

const goEvents = (...events: object[]) => events.map((event) => JSON.stringify(event));

describe("summary of vitest", () => {
  it("counts what passed and failed", () => {
    const report = { testResults: [file("passed", [test("passed"), test("passed")]), file("failed", [test("failed"), test("passed")])] };
    expect(summarizeVitest(report)).toEqual({ passed: 3, failed: 1, skipped: new Map() });
  });

  it("a file that does not load is a failure", () => {
    expect(summarizeVitest({ testResults: [file("failed", [])] }).failed).toBe(1);
  });

  it("a hook that throws after its tests passed is a failure", () => {
    expect(summarizeVitest({ testResults: [file("failed", [test("passed")])] })).toMatchObject({ passed: 1, failed: 1 });
  });

  it("groups skipped tests by the reason in their titles", () => {
    const report = {
      testResults: [
        file("passed", [
          test("skipped", "a", "store", "skipped: no Redis: none here"),
          test("pending", "b", "store", "skipped: no Redis: none here"),
          test("skipped", "c (skipped: too old)"),
          test("todo", "d"),
        ]),
      ],
    };
    expect(summarizeVitest(report).skipped).toEqual(new Map([["no Redis: none here", 2], ["too old", 1], ["no reason given", 1]]));
  });

  it("lists the slowest files first", () => {
    const report = { testResults: [file("passed", [], 2), file("passed", [], 30), file("passed", [], 1)] };
    expect(slowestFiles(report, "/root/of", 2)).toEqual(["  30.0 s  30.test.ts", "   2.0 s  2.test.ts"]);
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
