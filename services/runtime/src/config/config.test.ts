import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ConfigError, loadConfig } from "./load-config.ts";
import { address, bytes, duration, flag, integer, oneOf, optional, port, secret, text, url } from "./settings.ts";

const folder = mkdtempSync(join(tmpdir(), "flashdeal-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("configuration", () => {
  test("good values - are read in base units", () => {
    const shape = {
      port: port("P"),
      wait: duration("D"),
      size: bytes("B"),
      to: address("A"),
      where: url("U", { protocols: ["nats"] }),
      level: oneOf("L", ["info", "debug"]),
      on: flag("F"),
      workers: integer("I", { min: 1, max: 4 }),
      name: text("T"),
    };
    const env = { P: "0", D: "15m", B: "4MiB", A: "[::1]:80", U: "nats://n:4222", L: "debug", F: "true", I: "4", T: " x " };
    expect(loadConfig(shape, env)).toEqual({ port: 0, wait: 900_000, size: 4_194_304, to: "[::1]:80", where: "nats://n:4222", level: "debug", on: true, workers: 4, name: "x" });
  });

  test("what is not set - takes the default, is undefined where optional, and fails otherwise", () => {
    expect(loadConfig({ a: port("P", { default: 80 }), b: optional(duration("D")) }, { P: "" })).toEqual({ a: 80, b: undefined });
    expect(problemsOf(() => loadConfig({ a: port("P") }, {}))).toEqual(["P: is not set. Example: P=8080"]);
  });

  test("every problem - is listed at once, with the name, what is wrong and an example", () => {
    const shape = { a: port("P"), b: duration("D"), c: address("A"), d: url("U", { protocols: ["http", "https"] }), e: integer("I", { max: 9 }), f: flag("F"), g: optional(bytes("B")) };
    const problems = problemsOf(() => loadConfig(shape, { P: "65536", D: "5 weeks", A: "nohost", U: "ftp://x", I: "1e3", F: "yes", B: "-1" }));
    expect(problems).toHaveLength(7);
    expect(problems[0]).toBe('P: must be a whole number from 0 to 65535 (it is "65536"). Example: P=8080');
    expect(problems[3]).toContain("http:// or https://");
  });

  test("a secret - may come from a file, and never appears in a message", () => {
    const file = join(folder, "secret");
    writeFileSync(file, `${"s".repeat(32)}\n`);
    expect(loadConfig({ s: secret("S") }, { S_FILE: file })).toEqual({ s: "s".repeat(32) });
    expect(problemsOf(() => loadConfig({ s: secret("S") }, { S: "short-secret" })).join()).not.toContain("short-secret");
    expect(problemsOf(() => loadConfig({ s: secret("S") }, { S: "x", S_FILE: file }))).toEqual(["S and S_FILE are both set. Set one of them."]);
    expect(problemsOf(() => loadConfig({ s: secret("S") }, { S_FILE: join(folder, "none") }))[0]).toMatch(/^S_FILE: ENOENT/);
  });
});
