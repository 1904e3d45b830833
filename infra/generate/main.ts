// `npm run generate`: everything that is made from proto/ and sql/. What it writes is committed.
import { createCommand } from "@flashdeal/runtime/cli";
import { generateQueries } from "@flashdeal/sqlc-gen-ts";
import { generateContractComments } from "./comments.ts";
import { generateContract } from "./contract.ts";
import { generateGo } from "./go.ts";

createCommand("npm run generate", "Makes everything that is made from proto/ and sql/.").parse();

generateContract();
generateContractComments();
console.log("contract: proto/gen is written");
// Only now: it reads the reasons from the code that was generated just above.
const { generateErrorTable } = await import("./error-table.ts");
generateErrorTable();
console.log("contract: docs/errors.md is written");
const goSkipped = generateGo();
console.log(goSkipped === undefined ? "contract in Go: services/go/gen is written" : `contract in Go: skipped: ${goSkipped}`);

const report = await generateQueries({ log: (line) => console.error(line) });
for (const { service, changed, problems } of report.services) {
  console.log(problems.length > 0 ? `${service}: ${problems.join("\n  ")}` : `${service}: ${changed.length} files written`);
}
if (report.skipped !== undefined) {
  console.log(`queries: skipped: ${report.skipped}`);
}
process.exitCode = report.ok ? 0 : 1;
