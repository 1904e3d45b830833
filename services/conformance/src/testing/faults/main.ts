// `npm run test:faults`: kills, cuts and silences a platform of its own while buyers buy, then counts.
import { join } from "node:path";
import { createCommand } from "@flashdeal/runtime/cli";
import { InvalidArgumentError } from "commander";
import { points } from "./faults.ts";
import { runFaults } from "./run-faults.ts";

const whole = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError("must be a whole number from 0");
  return value;
};

const about =
  "Kills processes, cuts, slows down and silences connections of a private platform while buyers buy; a checker then counts what they were told and what is stored.";
const command = createCommand("npm run test:faults --", about)
  .option("--seed <n>", "which faults strike, and who buys what", whole, Date.now() % 1_000_000)
  .option("--seconds <n>", "how long faults strike at random, after the named points", whole, 30)
  .option("--points <text>", "only the named points that contain this; none: only random faults", "")
  .option("--folder <folder>", "keeps history.jsonl, history.edn (Jepsen's Elle, rw-register) and snapshot.json", join("bench", "reports", "local", "faults"))
  .addHelpText("after", "\nExit code: 0 the checker found nothing, or it was skipped with the reason; 1 it found something; 2 wrong arguments.");
const { seed, seconds, points: wanted, folder } = command.parse().opts<{ seed: number; seconds: number; points: string; folder: string }>();

console.log(`seed ${seed}: repeat with npm run test:faults -- --seed ${seed} --seconds ${seconds}`);
const report = await runFaults({ seed, seconds, folder, points: points.filter(({ name }) => name.includes(wanted)), notice: (line) => console.log(line) });
if ("skipped" in report) {
  console.log(`skipped: ${report.skipped}`);
} else {
  const { struck, acknowledged, unknown, faults } = report;
  const hits = struck.filter((fault) => fault.struck);
  const slowest = Math.max(0, ...hits.map(({ recoveryMs }) => recoveryMs));
  console.log(`${hits.length} faults struck, ${acknowledged} orders acknowledged, ${unknown} calls of unknown outcome, slowest recovery ${slowest} ms. History: ${folder}`);
  console.log(faults.length === 0 ? "Exact: what buyers were told is what is stored." : faults.join("\n"));
  process.exitCode = faults.length === 0 ? 0 : 1;
}
