// `npm run ab`: two implementations of a service under the same load, in turns.
import { join } from "node:path";
import { parseArgs } from "./options.ts";
import { printableResult, writeReport } from "./report.ts";
import { runAb } from "./run.ts";

const options = parseArgs(process.argv);
try {
  const result = await runAb(options, (line) => console.error(line));
  if ("skipped" in result) {
    console.log(`skipped: ${result.skipped}`);
  } else {
    console.log(`\n${printableResult(result)}`);
    console.log(`Report: ${writeReport(result, join(import.meta.dirname, "..", "reports", "local")).join(", ")}`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
