import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningServer, type Skipped, startNats, startPostgres, startRedis, startRedisNodes } from "./index.ts";

const kinds: Record<string, () => Promise<RunningServer | Skipped>> = { postgres: startPostgres, redis: startRedis, nats: startNats };

describe.each(Object.entries(kinds))("servers - %s", (_name, start) => {
  let server: RunningServer | undefined;
  let reason = "";

  beforeAll(async () => {
    const outcome = await start();
    if ("skipped" in outcome) {
      reason = outcome.skipped;
    } else {
      server = outcome;
    }
  });
  afterAll(() => server?.stop());

  it("survives kill -9 and comes back on the same port", async ({ skip }) => {
    if (server === undefined) {
      return skip(reason);
    }
    const { pid, url } = server;
    await server.kill();
    expect(server.pid).toBeUndefined();
    expect(isAlive(pid)).toBe(false);
    await server.restart();
    expect(server.pid).not.toBe(pid);
    expect(server.url).toBe(url);
  });

  it("stop ends exactly this process, twice without harm", async ({ skip }) => {
    if (server === undefined) {
      return skip(reason);
    }
    const { pid } = server;
    await server.stop();
    await server.stop();
    expect(isAlive(pid)).toBe(false);
  });
});

describe("servers - several Redis", () => {
  it("have ports of their own", async ({ skip }) => {
    const nodes = await startRedisNodes(3);
    if ("skipped" in nodes) {
      return skip(nodes.skipped);
    }
    expect(new Set(nodes.map((node) => node.url)).size).toBe(3);
    await Promise.all(nodes.map((node) => node.stop()));
  });
});

describe("servers - a parent that is killed", () => {
  it("takes its server and its temporary folder along", async ({ skip }) => {
    const program = `
      import { startRedis } from ${JSON.stringify(new URL("./index.ts", import.meta.url).href)};
      const server = await startRedis();
      console.log(server.skipped === undefined ? server.pid : "skipped");
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ["--input-type=module-typescript", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    const { value: line } = await createInterface({ input: parent.stdout })[Symbol.asyncIterator]().next();
    if (line === "skipped") {
      parent.kill();
      return skip("no Redis");
    }
    const folder = execFileSync("readlink", [`/proc/${String(line)}/cwd`], { encoding: "utf8" }).trim();
    parent.kill("SIGKILL");
    await expect.poll(() => existsSync(`/proc/${String(line)}`) || existsSync(folder), { timeout: 10_000 }).toBe(false);
  });
});

function isAlive(pid: number | undefined): boolean {
  try {
    return process.kill(pid ?? Number.NaN, 0);
  } catch {
    return false;
  }
}
