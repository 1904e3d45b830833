import { rmSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, startPrivateServer, type RunningServer } from "@flashdeal/infra/servers";
import { nodeEnvironment } from "@flashdeal/infra/services";
import type { Platform } from "../world/world.ts";
import { newSecret, testAdmin, testHoldMs, testSettings } from "./platform-settings.ts";

/** A platform that a test started. */
export interface RunningPlatform {
  readonly platform: Platform;
  stop(): Promise<void>;
}

/** The embedded profile in a process of its own, to kill and restart. */
export interface EmbeddedPlatform extends RunningPlatform {
  readonly process: Pick<RunningServer, "kill" | "restart">;
}

const mainFile = fileURLToPath(new URL("../../../all-in-one/src/main.ts", import.meta.url));

/** Starts every service in one process, on free ports, with its data in a temporary folder that the stop removes. */
export async function startEmbedded(settings: Readonly<Record<string, string>> = {}): Promise<EmbeddedPlatform> {
  const folder = mkdtempSync(join(tmpdir(), "flashdeal-embedded-"));
  const [gatewayPort, grpcPort, internalTokenSecret] = [await freePort(), await freePort(), newSecret()];
  const environment = {
    ...testSettings(internalTokenSecret),
    DATA_FOLDER: join(folder, "data"),
    GATEWAY_PORT: String(gatewayPort),
    GRPC_PORT: String(grpcPort),
    ...settings,
  };
  const server = await startPrivateServer(
    {
      name: "all-in-one",
      command: process.execPath,
      stopSignal: "SIGTERM",
      arguments: () => [mainFile],
      environment: (httpPort) => ({ ...nodeEnvironment, ...environment, HTTP_PORT: String(httpPort) }),
      url: (httpPort) => `http://127.0.0.1:${httpPort}`,
      // The gateway listens last.
      isReady: () => answers(`http://127.0.0.1:${gatewayPort}/readyz`),
    },
    { folder },
  );
  const address = `127.0.0.1:${grpcPort}`;
  return {
    process: server,
    platform: {
      restUrl: `http://127.0.0.1:${gatewayPort}`,
      grpcAddresses: { auth: address, product: address, order: address, "stock-query": address, auditor: address },
      admin: testAdmin,
      holdMs: testHoldMs,
      internalTokenSecret,
    },
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}
