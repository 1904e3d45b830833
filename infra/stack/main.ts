// `npm run stack`: the standard profile on this machine, until Ctrl-C.
import { join } from "node:path";
import { createCommand } from "@flashdeal/runtime/cli";
import { InvalidArgumentError } from "commander";
import { rootFolder } from "../generate/contract.ts";
import { serviceNames, type Implementation, type ServiceName } from "./services.ts";
import { startStack, type Stack } from "./stack.ts";

const command = createCommand("npm run stack --", "Starts Postgres, Redis, NATS JetStream and every service as a process of its own.")
  .option("--impl <service=language>", "language of a service, for example stock-query=go; repeatable", implementations, {})
  .option("--port <port>", "port of the gateway", port, 8080)
  .option("--folder <folder>", "keeps data, logs and secrets", join(rootFolder, ".stack"))
  .addHelpText("after", "\nPOSTGRES_URL (a superuser's), REDIS_URL and NATS_URL name servers that run already; others are started.");
const options = command.parse().opts<{ impl: Partial<Record<ServiceName, Implementation>>; port: number; folder: string }>();

const started = performance.now();
const stack = await start().catch((error: unknown) => ({ skipped: error instanceof Error ? error.message : String(error) }));
if ("skipped" in stack) {
  console.error(`The stack cannot start: ${stack.skipped}`);
  process.exit(1);
}
const { stop: stopStack } = stack;
console.log(banner(stack, (performance.now() - started) / 1_000));

let stopping = false;
const stop = async () => {
  if (stopping) {
    process.exit(1);
  }
  stopping = true;
  console.log("\nstopping …");
  await stopStack();
  process.exit(0);
};
process.on("SIGINT", () => void stop()).on("SIGTERM", () => void stop());
// The processes do not keep this one alive: their pipes are unreferenced.
setInterval(() => {}, 60_000);

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) throw new InvalidArgumentError("write a number from 1 to 65535.");
  return value;
}

function implementations(text: string, previous: Partial<Record<ServiceName, Implementation>>) {
  const [service, language] = text.split("=");
  if (!serviceNames.includes(service as ServiceName) || (language !== "ts" && language !== "go")) {
    throw new InvalidArgumentError(`write <service>=<ts|go>, the service one of ${serviceNames.join(", ")}.`);
  }
  return { ...previous, [service as ServiceName]: language };
}

function start() {
  return startStack({
    folder: options.folder,
    implementations: options.impl,
    gatewayPort: options.port,
    postgresUrl: process.env["POSTGRES_URL"],
    redisUrl: process.env["REDIS_URL"],
    natsUrl: process.env["NATS_URL"],
    environment: Object.fromEntries(
      ["ADMIN_EMAIL", "ADMIN_PASSWORD", "LOG_LEVEL"].flatMap((name) => (process.env[name] ? [[name, process.env[name] ?? ""]] : [])),
    ),
    onNotice: (message) => console.log(message),
  });
}

function banner(stack: Stack, seconds: number): string {
  const grpc = Object.entries(stack.grpcAddresses).map(([name, address]) => `${name} ${address}`);
  return `
The standard profile is ready after ${seconds.toFixed(1)} s.

  REST     ${stack.restUrl}        docs  ${stack.restUrl}/docs
  gRPC     ${grpc.join("   ")}
  logs     ${stack.folder}/<name>/server.log
  admin    ${stack.admin.email} / ${stack.admin.password}

  npm run sale -- --url ${stack.restUrl}

Stop with Ctrl-C; a second one stops at once.`;
}
