// `npm run conformance`: runs every case against a platform that is up, through REST and through gRPC.
import { createCommand } from "@flashdeal/runtime/cli";
import { InvalidArgumentError } from "commander";
import { cases } from "./cases/index.ts";
import type { Protocol } from "./caller/caller.ts";
import { runCases, type CaseResult } from "./run-cases.ts";
import { createWorld } from "./world/create-world.ts";
import type { Platform } from "./world/world.ts";

interface Options {
  readonly url: string;
  readonly grpc: string;
  readonly grpcOf: Readonly<Record<string, string>>;
  readonly protocol?: Protocol;
  readonly only?: string;
  readonly adminEmail: string;
  readonly adminPassword: string;
  readonly hold?: number;
  readonly tokenLife?: number;
  readonly internalSecret?: string;
  readonly list?: boolean;
}

const command = createCommand("npm run conformance --", "Checks that a running platform behaves as the contract says. Exit code: 0 all passed, 1 some failed, 2 could not run.")
  .option("--url <url>", "base address of the gateway", "http://127.0.0.1:8080")
  .option("--grpc <host:port>", "gRPC server of every service", "127.0.0.1:50051")
  .option("--grpc-of <service=host:port>", "gRPC server of one service (auth, product, order, stock-query, auditor); repeatable", addresses, {})
  .option("--protocol <rest|grpc>", "only this protocol", protocol)
  .option("--only <text>", "only cases whose name contains the text")
  .option("--admin-email <email>", "an admin's address", process.env["ADMIN_EMAIL"] ?? "admin@flashdeal.example")
  .option("--admin-password <password>", "its password", process.env["ADMIN_PASSWORD"] ?? "flash-deal-demo")
  .option("--hold <duration>", "the platform's ORDER_PAY_WITHIN where it is short enough to wait for, for example 8s", duration)
  .option("--token-life <duration>", "the platform's ACCESS_TOKEN_LIFE where it is short enough to wait for, for example 10s", duration)
  .option("--internal-secret <secret>", "the platform's INTERNAL_TOKEN_SECRET, for what only services may call", process.env["INTERNAL_TOKEN_SECRET"])
  .option("--list", "print the names of the cases and stop");
const options = command.parse().opts<Options>();
const chosen = cases.filter(({ name }) => options.only === undefined || name.includes(options.only));
if (options.list === true) {
  for (const { name } of chosen) console.log(name);
  process.exit(0);
}

const addressOf = (service: string): string => options.grpcOf[service] ?? options.grpc;
const platform: Platform = {
  restUrl: options.url,
  grpcAddresses: { auth: addressOf("auth"), product: addressOf("product"), order: addressOf("order"), "stock-query": addressOf("stock-query"), auditor: addressOf("auditor") },
  admin: { email: options.adminEmail, password: options.adminPassword },
  holdMs: options.hold,
  accessTokenLifeMs: options.tokenLife,
  internalTokenSecret: options.internalSecret,
};
const shared = { crowd: [] };
const results: CaseResult[] = [];
for (const way of options.protocol === undefined ? (["rest", "grpc"] as const) : [options.protocol]) {
  const world = createWorld(platform, way, shared);
  try {
    await world.adminToken();
  } catch (error) {
    console.error(`The platform does not let the admin sign in through ${way}: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(2);
  }
  results.push(...(await runCases(world, chosen, print)));
  world.close();
}
const count = (outcome: CaseResult["outcome"]): number => results.filter((result) => result.outcome === outcome).length;
console.log(`\n${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`);
process.exit(count("failed") > 0 ? 1 : 0);

function print({ name, protocol: way, outcome, detail, durationMs }: CaseResult): void {
  const sign = { passed: "ok  ", failed: "FAIL", skipped: "skip" }[outcome];
  console.log(`${sign} ${way} ${name}${outcome === "skipped" ? ` (${detail})` : ` ${durationMs} ms`}`);
  if (outcome === "failed") console.log(`     ${(detail ?? "").replaceAll("\n", "\n     ")}`);
}

function protocol(text: string): Protocol {
  if (text !== "rest" && text !== "grpc") throw new InvalidArgumentError("write rest or grpc.");
  return text;
}

function addresses(text: string, previous: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [service, address] = text.split("=");
  if (service === undefined || address === undefined) throw new InvalidArgumentError("write <service>=<host:port>.");
  return { ...previous, [service]: address };
}

function duration(text: string): number {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? [];
  const unitMs = new Map([["ms", 1], ["s", 1_000], ["m", 60_000]]).get(unit);
  if (amount === undefined || unitMs === undefined) throw new InvalidArgumentError("write a number and a unit: 500ms, 8s, 10m.");
  return Number(amount) * unitMs;
}
