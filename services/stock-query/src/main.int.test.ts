import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describeWithRedis } from "@flashdeal/runtime/testing";
import { expect, it } from "vitest";

describeWithRedis("stock-query as a process", (redisUrl) => {
  it("with its read model in Redis it needs no database: it starts, is ready, and stops", async () => {
    const environment = { READ_MODEL_URL: redisUrl, INTERNAL_TOKEN_SECRET: "s".repeat(32), GRPC_HOST: "127.0.0.1", HTTP_HOST: "127.0.0.1", GRPC_PORT: "0", HTTP_PORT: "0" };
    const child = spawn(process.execPath, [fileURLToPath(new URL("main.ts", import.meta.url))], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    const ended = once(child, "exit");
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes: Buffer) => (output += bytes.toString()));
    try {
      await expect.poll(() => output, { timeout: 20_000 }).toContain("stock-query is ready");
      const httpPort = /"httpPort":(\d+)/.exec(output)?.[1];
      const ready = await fetch(`http://127.0.0.1:${httpPort}/readyz`);
      expect(ready.status).toBe(200);
      expect(await ready.text()).not.toContain("database");
    } finally {
      child.kill("SIGTERM");
    }
    expect(await ended).toEqual([0, null]);
  }, 60_000);
});
