import { randomBytes } from "node:crypto";
import { freePort, startPrivateServer, type Skipped } from "@flashdeal/infra/servers";
import { commandOf, type Implementation } from "@flashdeal/infra/services";
import type { ReleaseStack } from "@flashdeal/runtime/lifecycle";
import { createGrpcTransport } from "@flashdeal/runtime/rpc";
import type { Transport } from "@connectrpc/connect";
import type { AbService, Backing } from "./services.ts";

/** One implementation as a running process. */
export interface Side {
  readonly implementation: Implementation;
  /** `host:port` of its gRPC listener. */
  readonly address: string;
  readonly pid: number;
  readonly transport: Transport;
}

/** Starts one implementation on free ports, or says what is missing; `stack` stops it. */
export async function startSide(service: AbService, implementation: Implementation, backing: Backing, binFolder: string, stack: ReleaseStack): Promise<Side | Skipped> {
  const command = commandOf(service.name, implementation, binFolder);
  if ("skipped" in command) return command;
  const grpcPort = await freePort();
  const server = await startPrivateServer(
    {
      name: `${service.name}-${implementation}`,
      command: command.command,
      stopSignal: "SIGTERM",
      arguments: () => command.arguments,
      environment: (httpPort) => ({
        ...command.environment,
        GRPC_HOST: "127.0.0.1",
        GRPC_PORT: String(grpcPort),
        HTTP_HOST: "127.0.0.1",
        HTTP_PORT: String(httpPort),
        LOG_LEVEL: "warn",
        DRAIN_TIMEOUT: "5s",
        INTERNAL_TOKEN_SECRET: randomBytes(32).toString("hex"),
        ...service.environment(backing),
      }),
      url: (httpPort) => `http://127.0.0.1:${httpPort}`,
      isReady: answersReady,
    },
    {},
  );
  stack.push(`${service.name} in ${implementation}`, () => server.stop());
  const address = `127.0.0.1:${grpcPort}`;
  const transport = createGrpcTransport({ address });
  stack.push("connection", () => transport.close());
  return { implementation, address, pid: server.pid ?? 0, transport };
}

async function answersReady(httpPort: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${httpPort}/readyz`, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}
