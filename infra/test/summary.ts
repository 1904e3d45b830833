/** What a part of the test run came to. */
export interface Summary {
  readonly passed: number;
  readonly failed: number;
  /** Number of skipped tests by reason. */
  readonly skipped: ReadonlyMap<string, number>;
}

/** Stands for a reason where a skipped test names none. */
const NO_REASON = "no reason given";

/** What `SummaryReporter` says of one test file. */
export interface FileReport {
  /** Relative to the project's root. */
  readonly path: string;
  /** Whether anything in it failed, or it never ended. */
  readonly failed: boolean;
  /** From the start of its loading to its end. */
  readonly durationMs: number;
  readonly tests: readonly {
    readonly state: "passed" | "failed" | "skipped" | "pending";
    /** Of the suites around it, the outermost first, and its own. */
    readonly titles: readonly string[];
    /** What a test that skipped itself gave as its reason. */
    readonly note: string | undefined;
  }[];
}

/** Counts a vitest run. A file that failed outside its tests (it did not load, or a hook threw) counts as one failure. */
export function summarizeVitest(files: readonly FileReport[]): Summary {
  const skipped = new Map<string, number>();
  let [passed, failed] = [0, 0];
  for (const file of files) {
    const failedBefore = failed;
    for (const { state, titles, note } of file.tests) {
      if (state === "passed") {
        passed += 1;
      } else if (state === "skipped") {
        count(skipped, note ?? reasonIn(titles));
      } else {
        failed += 1;
      }
    }
    if (file.failed && failed === failedBefore) {
      failed += 1;
    }
  }
  return { passed, failed, skipped };
}

/** A line of `go test -json`. */
interface GoEvent {
  readonly Action: string;
  readonly Package?: string;
  readonly Test?: string;
  readonly Output?: string;
}

/**
 * Counts a `go test -json` run: leaves only, as a test with subtests says nothing of its own. A package that failed without a
 * failing test (it did not compile, or it panicked) counts as one failure.
 */
export function summarizeGo(lines: readonly string[]): Summary {
  const outcomes = new Map<string, string>();
  const notes = new Map<string, string>();
  const packages = { failed: new Set<string>(), withFailedTests: new Set<string>() };
  for (const line of lines) {
    const event = parseGoEvent(line);
    const { Action: action, Package: name = "", Test: test } = event ?? {};
    const key = `${name}\n${test}`;
    if (test === undefined) {
      if (action === "fail") packages.failed.add(name);
    } else if (action === "pass" || action === "fail" || action === "skip") {
      outcomes.set(key, action);
      if (action === "fail") packages.withFailedTests.add(name);
    } else if (action === "output") {
      const note = /^\s+\S+\.go:\d+: (.+)$/.exec(event?.Output?.trimEnd() ?? "")?.[1];
      if (note !== undefined) notes.set(key, note);
    }
  }
  const parents = new Set([...outcomes.keys()].flatMap((key) => key.split("/").map((_, index, parts) => parts.slice(0, index).join("/"))));
  const leaves = [...outcomes].filter(([key]) => !parents.has(key));
  const skipped = new Map<string, number>();
  for (const [key, outcome] of leaves) {
    if (outcome === "skip") count(skipped, notes.get(key) ?? NO_REASON);
  }
  const of = (outcome: string) => leaves.filter((leaf) => leaf[1] === outcome).length;
  const broken = [...packages.failed].filter((name) => !packages.withFailedTests.has(name));
  return { passed: of("pass"), failed: of("fail") + broken.length, skipped };
}

/** One summary of several parts. */
export function addUp(parts: readonly Summary[]): Summary {
  const skipped = new Map<string, number>();
  for (const part of parts) {
    for (const [reason, tests] of part.skipped) count(skipped, reason, tests);
  }
  const sum = (pick: (part: Summary) => number) => parts.reduce((total, part) => total + pick(part), 0);
  return { passed: sum((part) => part.passed), failed: sum((part) => part.failed), skipped };
}

/** The last lines of the run: each reason for skipping with its count, then the totals alone on a line. */
export function summaryLines({ passed, failed, skipped }: Summary): string[] {
  const reasons = [...skipped].toSorted(([, a], [, b]) => b - a).map(([reason, tests]) => `skipped ${tests}: ${reason}`);
  const total = [...skipped.values()].reduce((sum, tests) => sum + tests, 0);
  return [...reasons, `${passed} passed, ${failed} failed, ${total} skipped`];
}

/** The slowest test files, slowest first, as `12.3 s  path`. */
export function slowestFiles(files: readonly FileReport[], most: number): string[] {
  return files
    .toSorted((a, b) => b.durationMs - a.durationMs)
    .slice(0, most)
    .map(({ path, durationMs }) => `${(durationMs / 1_000).toFixed(1).padStart(6)} s  ${path}`);
}

/** Suites and tests carry the reason in their title: "… skipped: no Postgres: …", also in parentheses at its end. */
function reasonIn(titles: readonly string[]): string {
  const matches = titles.map((title) => /\bskipped: (.+?)\)?$/.exec(title)?.[1]);
  return matches.find((reason) => reason !== undefined) ?? NO_REASON;
}

function parseGoEvent(line: string): GoEvent | undefined {
  try {
    return JSON.parse(line) as GoEvent;
  } catch {
    // What the go command itself has to say, for example that a package does not compile.
    return undefined;
  }
}

function count(counts: Map<string, number>, reason: string, tests = 1): void {
  counts.set(reason, (counts.get(reason) ?? 0) + tests);
}
