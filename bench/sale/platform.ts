import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "@flashdeal/infra/servers";

/** A platform to sell on. `stop` stops it only where it was started here. */
export type Platform = { readonly url: string; stop(): Promise<void> } | { readonly failed: string };

const defaultUrl = "http://127.0.0.1:8080";
const startTimeoutMs = 30_000;
const main = join(import.meta.dirname, "..", "..", "services", "all-in-one", "src", "main.ts");

/** Answers the platform at `url`; without one, that at the default address, or a private one where nobody answers there. */
export async function providePlatform(url: string | undefined): Promise<Platform> {
  if (await answers(url ?? defaultUrl)) {
    return { url: url ?? defaultUrl, stop: async () => {} };
  }
  return url === undefined ? startPlatform() : { failed: `Nobody answers at ${url}/readyz. Start the platform, or leave --url out.` };
}

/** Starts the embedded platform as a process of its own, with a temporary data folder and free ports. */
export async function startPlatform(environment: Readonly<Record<string, string>> = {}): Promise<Platform> {
  const folder = mkdtempSync(join(tmpdir(), "flashdeal-sale-"));
  const [gateway, grpc, http] = [await freePort(), await freePort(), await freePort()];
  const child = spawn(process.execPath, [main], {
    env: {
      ...process.env,
      DATA_FOLDER: folder,
      GATEWAY_PORT: String(gateway),
      GRPC_PORT: String(grpc),
      HTTP_PORT: String(http),
      LOG_LEVEL: "warn",
      ...environment,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let output = "";
  child.stderr.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4_000)));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${gateway}`;
  const deadline = Date.now() + startTimeoutMs;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      return { failed: `The platform did not start:\n${output}` };
    }
    await sleep(100);
  }
  console.log(`Nobody answers at ${defaultUrl}: started a private platform at ${url} for this sale.`);
  return { url, stop };
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1_000) });
    return response.ok;
  } catch {
    return false;
  }
}
