// `npm run check`: types, contract and generated code. Prints one line per check and exits with 1 where one fails.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { createCommand } from "@flashdeal/runtime/cli";
import { rootFolder, runBuf, staleContractFiles } from "../generate/contract.ts";
import { staleContractComments } from "../generate/comments.ts";
import { staleErrorTable } from "../generate/error-table.ts";
import { goGeneratedFiles } from "../generate/go.ts";
import { checkBreaking, type CheckOutcome } from "./breaking.ts";
import { checkQueries } from "./queries.ts";

createCommand("npm run check", "Checks types, contract (lint, format, breaking changes) and generated code. BREAKING_AGAINST names another commit or folder to compare with.").parse();

const checks: readonly (readonly [string, () => CheckOutcome | Promise<CheckOutcome>])[] = [
  ["types", checkTypes],
  ["contract: lint", () => checkBuf(["lint"])],
  ["contract: format", () => checkBuf(["format", "--diff", "--exit-code", "--path", "proto/flashdeal"])],
  ["contract: breaking changes", () => checkBreaking(process.env["BREAKING_AGAINST"])],
  ["contract: generated code", () => stale(staleContractFiles())],
  ["contract: generated code in Go", checkGo],
  ["contract: generated comments", () => stale(staleContractComments())],
  ["contract: table of errors", () => stale(staleErrorTable())],
  ["queries: generated code", checkQueries],
];

let failed = 0;
for (const [name, run] of checks) {
  const outcome = await run();
  if (outcome.skipped !== undefined) {
    console.log(`skipped  ${name}: ${outcome.skipped}`);
  } else if (outcome.problems.length === 0) {
    console.log(`passed   ${name}`);
  } else {
    failed += 1;
    console.log(`FAILED   ${name}\n${outcome.problems.join("\n")}`);
  }
}
process.exitCode = failed > 0 ? 1 : 0;

function checkTypes(): CheckOutcome {
  const answer = spawnSync(join(rootFolder, "node_modules/.bin/tsc"), ["--noEmit"], { cwd: rootFolder, encoding: "utf8" });
  return { problems: answer.status === 0 ? [] : [answer.stdout] };
}

function checkBuf(args: readonly string[]): CheckOutcome {
  try {
    runBuf(args);
    return { problems: [] };
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : String(error)] };
  }
}

function checkGo(): CheckOutcome {
  const outcome = goGeneratedFiles();
  return "skipped" in outcome ? { problems: [], skipped: outcome.skipped } : stale(outcome.stale);
}

function stale(files: readonly string[]): CheckOutcome {
  return { problems: files.map((file) => `${file} is not what generating gives: run \`npm run generate\` and commit`) };
}
