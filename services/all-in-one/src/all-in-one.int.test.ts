import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findTool } from "@flashdeal/infra/tools";
import { runAllInOne, type RunningAllInOne } from "./testing/run-all-in-one.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Runs shell lines in one shell, stopping at the first that fails; answers what they print. */
async function shell(lines: string): Promise<string> {
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", lines], { timeout: 60_000 });
  return stdout;
}

describe("all-in-one - as a user starts it", () => {
  const folder = mkdtempSync(join(tmpdir(), "flashdeal-all-in-one-"));
  let platform: RunningAllInOne;
  const portAfter = (label: RegExp) => Number(label.exec(platform.output())?.[1]);

  beforeAll(async () => {
    platform = runAllInOne({ DATA_FOLDER: folder });
    await platform.ready();
  }, 90_000);
  afterAll(async () => {
    await platform.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("the lines that it prints work as they are", async () => {
    const lines = platform.output().split("\n").filter((line) => /^ {2}(\w+=\$\(curl|curl)/.test(line));
    expect(lines.length).toBeGreaterThan(5);
    const printed = await shell(lines.join("\n"));
    expect(printed).toContain('"state":"ORDER_STATE_PAID"');
    expect(printed).toContain('"onHand":"99"');
  });

  it.each(["README.md", "README.ko.md"])("the curl examples of %s work", async (name) => {
    const printed = await shell(example(name, "curl").replaceAll("http://127.0.0.1:8080", `http://127.0.0.1:${portAfter(/REST +http:\/\/127.0.0.1:(\d+)/)}`));
    expect(printed).toContain('"state":"ORDER_STATE_PAID"');
    expect(printed).toContain('"onHand":"99"');
  });

  const grpcurl = findTool("grpcurl");
  it.skipIf(grpcurl === undefined).each(["README.md", "README.ko.md"])(
    `the grpcurl examples of %s work${grpcurl === undefined ? " (skipped: grpcurl is not built: npm run tools -- grpcurl)" : ""}`,
    async (name) => {
      const lines = example(name, "grpcurl").replaceAll("127.0.0.1:50051", `127.0.0.1:${portAfter(/gRPC +127.0.0.1:(\d+)/)}`);
      const printed = await shell(`grpcurl() { ${grpcurl} "$@"; }\n${lines}`);
      expect(printed).toContain("flashdeal.order.v1.OrderService");
      expect(printed).toContain("rpc CreateOrder");
      expect(printed).toContain('"deals"');
    },
  );

  it("a second process on the same folder is told so", async () => {
    const second = runAllInOne({ DATA_FOLDER: folder });
    expect(await second.exited()).toBe(1);
    expect(second.output()).toContain(folder);
    expect(second.output()).not.toContain("    at ");
  });

  it("stops in order when it is asked to, and finds everything again", async () => {
    const rest = `http://127.0.0.1:${portAfter(/REST +http:\/\/127.0.0.1:(\d+)/)}`;
    const before = await (await fetch(`${rest}/v1/deals?pageSize=10`)).json();
    expect(await platform.stop()).toBe(0);
    platform = runAllInOne({ DATA_FOLDER: folder });
    await platform.ready();
    const after = await (await fetch(`http://127.0.0.1:${portAfter(/REST +http:\/\/127.0.0.1:(\d+)/)}/v1/deals?pageSize=10`)).json();
    expect(after).toEqual(before);
  }, 60_000);
});

describe("all-in-one - what stands in its way is said", () => {
  it.each(["GATEWAY_PORT", "GRPC_PORT", "HTTP_PORT"])("a taken %s", async (setting) => {
    const folder = mkdtempSync(join(tmpdir(), "flashdeal-taken-"));
    const squatter = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => squatter.once("listening", resolve));
    const address = squatter.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const platform = runAllInOne({ DATA_FOLDER: folder, [setting]: port });
    expect(await platform.exited()).toBe(1);
    expect(platform.output()).toMatch(new RegExp(`Port ${port} .*${setting}`));
    expect(platform.output()).not.toContain("    at ");
    squatter.close();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it("every wrong setting at once", async () => {
    const platform = runAllInOne({ DATA_FOLDER: "/proc/none", GATEWAY_PORT: "x", ORDER_PAY_WITHIN: "soon", KEY_ENCRYPTION_SECRET: "short" });
    expect(await platform.exited()).toBe(78);
    for (const name of ["GATEWAY_PORT", "ORDER_PAY_WITHIN", "KEY_ENCRYPTION_SECRET"]) {
      expect(platform.output()).toContain(name);
    }
  });

  it.each([["--data-dir", "x"], ["x"]])("arguments that there are not: %s", async (...words) => {
    const platform = runAllInOne({ DATA_FOLDER: "/proc/none" }, words);
    expect(await platform.exited()).toBe(2);
    expect(platform.output()).toMatch(/^error: [^]*Usage: npm start[^]*GATEWAY_PORT/);
  });

  it("--help names the settings", async () => {
    const platform = runAllInOne({ DATA_FOLDER: "/proc/none" }, ["--help"]);
    expect(await platform.exited()).toBe(0);
    expect(platform.output()).toContain("GATEWAY_PORT");
  });
});

/** The shell block behind `<!-- examples:<kind> -->` in a README. */
function example(file: string, kind: string): string {
  const text = readFileSync(join(root, file), "utf8");
  const block = new RegExp(`<!-- examples:${kind} -->\\n\`\`\`sh\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1];
  if (block === undefined) {
    throw new Error(`${file} has no ${kind} examples`);
  }
  return block;
}
