import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem, type } from "node:os";
import { join } from "node:path";
import type { Implementation } from "@flashdeal/infra/services";
import Table from "cli-table3";
import type { AbOptions } from "./options.ts";
import { ratios, spreadOf, type Spread } from "./statistics.ts";

/** What one run on one implementation measured. */
export interface RunMeasurement {
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time of the server during the run. */
  readonly cpuSeconds: number;
  /** The same per call, in microseconds: what a call costs, whoever shares the cores. */
  readonly cpuMicrosPerCall: number;
  /** The inverse: what one core of its own would let it serve. */
  readonly callsPerCpuSecond: number;
  /** Most resident memory of the server during the run. */
  readonly residentMiB: number;
  /** CPU time of ghz during the run. */
  readonly generatorCpuSeconds: number;
  readonly calls: number;
}

/** One round: a run on each side. */
export type Round = Readonly<Record<Implementation, RunMeasurement>>;

/** Everything that a benchmark found. */
export interface AbResult {
  readonly options: AbOptions;
  readonly call: string;
  readonly sides: readonly [Implementation, Implementation];
  readonly rounds: readonly Round[];
}

const rows: readonly { readonly key: keyof RunMeasurement; readonly label: string; readonly digits: number }[] = [
  { key: "callsPerSecond", label: "calls per second", digits: 0 },
  { key: "p50Ms", label: "p50, ms", digits: 2 },
  { key: "p99Ms", label: "p99, ms", digits: 2 },
  { key: "cpuSeconds", label: "CPU of the server, s per run", digits: 2 },
  { key: "cpuMicrosPerCall", label: "CPU of the server, µs per call", digits: 1 },
  { key: "callsPerCpuSecond", label: "calls per CPU second of the server", digits: 0 },
  { key: "residentMiB", label: "resident memory, MiB (peak of the run)", digits: 0 },
  { key: "generatorCpuSeconds", label: "CPU of the load generator, s per run", digits: 2 },
];

const number = (value: number, digits: number) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const spread = (value: Spread, digits: number) => `${number(value.median, digits)} [${number(value.min, digits)} – ${number(value.max, digits)}]`;

function lines({ sides, rounds }: AbResult): string[][] {
  const [first, second] = sides;
  return rows.map(({ key, label, digits }) => [
    label,
    ...sides.map((side) => spread(spreadOf(rounds.map((round) => round[side][key])), digits)),
    spread(ratios(rounds.map((round) => [round[first][key], round[second][key]])), 2),
  ]);
}

const heads = ({ sides: [first, second] }: AbResult) => ["", first, second, `${second} : ${first}, per round`];

function context({ options, rounds }: AbResult): string {
  return (
    `${rounds.length} rounds of ${options.seconds} s on each side, ${options.concurrency} calls at once over ${options.connections} connections, ` +
    `${options.keys} keys. Median [min – max].\n` +
    `The load generator shares the ${cpus().length} cores with the server and takes more of them the faster the server is: calls per second ` +
    "understate the difference, calls per CPU second show it."
  );
}

/** The result as it is printed. */
export function printableResult(result: AbResult): string {
  const table = new Table({ head: heads(result), colAligns: ["left", "right", "right", "right"], style: { head: [], border: [] } });
  table.push(...lines(result));
  return `${result.options.service}: ${result.call}\n${table.toString()}\n${context(result)}`;
}

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

/** Writes the report as Markdown and as JSON; answers their paths. */
export function writeReport(result: AbResult, folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const time = new Date().toISOString();
  const base = join(folder, `ab-${result.options.service}-${result.call.split("/")[1]}-${time.replaceAll(/[:.]/g, "-")}`);
  const machine = { system: type(), cores: cpus().length, cpu: cpus()[0]?.model ?? "unknown", memoryGiB: Math.round(totalmem() / 1024 ** 3), node: process.version };
  const table = [row(heads(result)), row(["---", "---:", "---:", "---:"]), ...lines(result).map(row)].join("\n");
  const title = `# ${result.options.service}: ${result.sides.join(" and ")}\n\n\`${result.call}\`, ${time}, ${machine.cores} × ${machine.cpu}, Node ${machine.node}`;
  writeFileSync(`${base}.md`, `${title}\n\n${table}\n\n${context(result)}\n`);
  writeFileSync(`${base}.json`, `${JSON.stringify({ time, machine, ...result }, undefined, 2)}\n`);
  return [`${base}.md`, `${base}.json`];
}
