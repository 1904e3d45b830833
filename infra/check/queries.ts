import { generateQueries } from "@flashdeal/sqlc-gen-ts";
import type { CheckOutcome } from "./breaking.ts";

/** Whether the generated query functions and schema.sql are what sql/ gives now. */
export async function checkQueries(): Promise<CheckOutcome> {
  const report = await generateQueries({ check: true, log: (line) => console.error(line) });
  const problems = report.services.flatMap(({ service, problems: wrong, changed }) => [
    ...wrong.map((problem) => `${service}: ${problem}`),
    ...changed.map((path) => `${path} is not what generating gives: run \`npm run generate\` and commit`),
  ]);
  return { problems, ...(report.skipped === undefined || problems.length > 0 ? {} : { skipped: report.skipped }) };
}
