// `npm run test:faults`: kills, cuts and silences a platform of its own while buyers buy, then counts.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createCommand } from "@flashdeal/runtime/cli";
import { InvalidArgumentError } from "commander";
import { checkFolder, runFiles } from "./check-folder.ts";
import { faultKinds, points, type Point } from "./faults.ts";
import { backWithinMs, isLate, runFaults, type FaultReport } from "./run-faults.ts";

interface Options {
  readonly seed: number;
  readonly points: readonly Point[];
  readonly faults: number;
  readonly folder: string;
  readonly check?: string;
}

const whole = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError("must be a whole number from 0");
  return value;
};
const named = (text: string): readonly Point[] => {
  const found = text === "all" ? points : text === "none" ? [] : points.filter(({ name }) => name.includes(text));
  if (found.length === 0 && text !== "none") throw new InvalidArgumentError(`no point contains this; there are:\n  ${points.map(({ name }) => name).join("\n  ")}`);
  return found;
};
const runFolder = (folder: string): string => {
  for (const file of Object.values(runFiles)) {
    if (!existsSync(join(folder, file))) throw new InvalidArgumentError(`there is no ${join(folder, file)}`);
  }
  return folder;
};

const about =
  "Kills processes, cuts, slows down and silences connections of a private platform while buyers buy; a checker then counts what they were told and what is stored.";
const command = createCommand("npm run test:faults --", about)
  .option("--seed <n>", "which faults strike at random, and who buys what", whole, Date.now() % 1_000_000)
  .option("--points <text>", "all, none, or those of the named points that contain this text", named, points)
  .option("--faults <n>", `how many faults strike after the named points, at random; ${faultKinds}: each kind once`, whole, faultKinds)
  .option("--folder <folder>", `keeps ${Object.values(runFiles).join(", ")} and history.edn, for Jepsen's Elle,`, join("bench", "reports", "local", "faults"))
  .option("--check <folder>", "strikes nothing; checks what an earlier run left in this folder", runFolder)
  .addHelpText("after", "\nExit code: 0 all is well, or it was skipped with the reason; 1 the checker found something, a point was not struck, or it took too long to go on; 2 wrong arguments.");
const options = command.parse().opts<Options>();

if (options.check !== undefined) {
  tell(checkFolder(options.check).faults);
} else {
  const { seed, faults, folder } = options;
  const wanted = process.argv.flatMap((argument, index, all) => (argument === "--points" ? ` --points "${all[index + 1]}"` : [])).join("");
  console.log(`seed ${seed}: repeat with npm run test:faults -- --seed ${seed} --faults ${faults}${wanted}`);
  const report = await runFaults({ ...options, notice: (line) => console.log(line) });
  if ("skipped" in report) console.log(`skipped: ${report.skipped}`);
  else tellRun(report, folder);
}

function tellRun({ struck, acknowledged, unknown, looks, faults }: FaultReport, folder: string): void {
  const hits = struck.filter((fault) => fault.struck);
  const slowest = (of: "startMs" | "orderMs" | "saleMs"): number => Math.max(0, ...hits.map((fault) => fault[of]));
  console.log(`${hits.length} faults struck, ${acknowledged} orders acknowledged, ${unknown} calls of unknown outcome, books read ${looks} times.`);
  console.log(`slowest: ready ${slowest("startMs")} ms after the start, then ordered after ${slowest("orderMs")} ms, sold after ${slowest("saleMs")} ms. History: ${folder}`);
  const missed = struck.filter((fault) => !fault.struck).map(({ name }) => `not struck: ${name}`);
  const late = hits.filter(isLate).map(({ name }) => `did not go on within ${backWithinMs} ms: ${name}`);
  tell([...faults, ...missed, ...late]);
}

function tell(faults: readonly string[]): void {
  console.log(faults.length === 0 ? "Exact: what buyers were told is what is stored." : faults.join("\n"));
  process.exitCode = faults.length === 0 ? 0 : 1;
}
