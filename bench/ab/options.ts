import { createCommand } from "@flashdeal/runtime/cli";
import { InvalidArgumentError, Option } from "commander";
import { abServices } from "./services.ts";

/** What to measure, and for how long. */
export interface AbOptions {
  readonly service: string;
  /** Short name of the method; undefined: the first of the service. */
  readonly rpc: string | undefined;
  /** Runs on each side. */
  readonly rounds: number;
  /** Length of a run. */
  readonly seconds: number;
  /** Length of the run on each side that is not counted. */
  readonly warmUpSeconds: number;
  readonly concurrency: number;
  readonly connections: number;
  /** Pieces of data that the calls go round. */
  readonly keys: number;
}

/** Reads the command line; ends the process with 2 where it is wrong. */
export function parseArgs(argv: readonly string[]): AbOptions {
  const command = createCommand("npm run ab --", "Runs two implementations of a service side by side, checks that they answer the same, and alternates load on both.")
    .addOption(new Option("--service <name>", "the service").choices(Object.keys(abServices)).default("stock-query"))
    .option("--rpc <method>", "the method, by its short name")
    .option("--rounds <n>", "runs on each side", natural, 6)
    .option("--seconds <n>", "length of a run", natural, 5)
    .option("--warm-up-seconds <n>", "length of the first run on each side, which is not counted", natural, 3)
    .option("--concurrency <n>", "calls that wait for their answer at once", natural, 50)
    .option("--connections <n>", "connections that they share", natural, 4)
    .option("--keys <n>", "pieces of data that the calls go round", natural, 1_000)
    .addHelpText("after", "\nExit code: 0 measured, or skipped with the reason; 1 the two answer differently, or a call failed; 2 wrong arguments.");
  const options = command.parse([...argv]).opts<AbOptions>();
  const rpcs = Object.keys(abServices[options.service]?.rpcs ?? {});
  if (options.rpc !== undefined && !rpcs.includes(options.rpc)) {
    command.error(`--rpc must be one of ${rpcs.join(", ")}.`);
  }
  return options;
}

function natural(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError("write a whole number above zero.");
  return Number(text);
}
