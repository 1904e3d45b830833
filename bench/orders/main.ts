// `npm run bench:orders`: orders per second of each reservation strategy, on one item and on many, beside a no-op rpc.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { strategyNames } from "@flashdeal/product/config";
import { createCommand } from "@flashdeal/runtime/cli";
import { InvalidArgumentError, Option } from "commander";
import { measure, type BenchOptions } from "./bench.ts";
import { fill } from "./fill.ts";
import { fillLine, fillReport } from "./fill-report.ts";
import { drawRates } from "./picture.ts";
import { report } from "./report.ts";

const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("must be a whole number from 1");
  return value;
};

const command = createCommand("npm run bench:orders --", "Orders per second through gRPC: order and product as processes of their own on a private, durable Postgres.")
  .option("--rounds <n>", "rounds, in each of which everything is measured once", positive, 3)
  .option("--duration-ms <n>", "length of each measurement", positive, 4_000)
  .option("--concurrency <n>", "callers at once", positive, 1_000)
  .option("--connections <n>", "connections of the generator", positive, 4)
  .option("--users <n>", "users who order", positive, 128)
  .option("--items <n>", "items of the spread load", positive, 1_000)
  .option("--pool-size <n>", "database connections of each service", positive, 32)
  .option("--in-flight <n>", "batches of orders at once, with group commit", positive, 3)
  .addOption(new Option("--strategies <names...>", "strategies to compare").choices(strategyNames).default(strategyNames))
  .option("--no-baselines", "leave out the shops written by hand (bench/baselines)")
  .option("--picture <file>", "write the rates as a picture (SVG) there", join(import.meta.dirname, "..", "reports", "local", "orders.svg"))
  .option("--fill <n>", "instead: stores so many orders of one hot item with group commit, and shows whether rate, cost and memory stay", positive)
  .option("--profile-folder <folder>", "write a CPU profile of each service there")
  .option("--json <file>", "write every sample there");
const { json, picture, fill: ordersToStore, ...options } = command.parse().opts<BenchOptions & { readonly json?: string; readonly picture: string; readonly fill?: number }>();

const keep = (samples: readonly unknown[]): void => {
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(samples, undefined, 1)}\n`);
};

if (ordersToStore !== undefined) {
  const filled = await fill(options, ordersToStore, (sample) => console.error(fillLine(sample)));
  keep(filled.samples);
  console.log(fillReport(filled));
} else {
  const samples = await measure(options, ({ name, load, perSecond, p99Ms, failed }) => {
    console.error(`${name.padEnd(20)} ${load.padEnd(10)} ${Math.round(perSecond)}/s, p99 ${p99Ms.toFixed(1)} ms${failed > 0 ? `, ${failed} failed` : ""}`);
  });
  keep(samples);
  mkdirSync(dirname(picture), { recursive: true });
  writeFileSync(picture, drawRates(samples));
  console.log(`${report(samples)}\n\nPicture: ${picture}`);
}
