import { parseArgs } from "node:util";
import { generateQueries } from "./index.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: "boolean", default: false }, "no-verify": { type: "boolean", default: false }, root: { type: "string" } },
});

const report = await generateQueries({
  check: values.check,
  verify: !values["no-verify"],
  ...(values.root === undefined ? {} : { root: values.root }),
  ...(positionals.length === 0 ? {} : { services: positionals }),
  log: (line) => console.error(line),
});
for (const { service, changed, problems } of report.services) {
  for (const problem of problems) {
    console.error(`${service}: ${problem}`);
  }
  for (const path of changed) {
    console.log(`${service}: ${values.check ? "out of date" : "written"}: ${path}`);
  }
  if (problems.length === 0 && changed.length === 0) {
    console.log(`${service}: current`);
  }
}
if (report.services.length === 0) {
  console.log("No folder under sql/ has queries or migrations.");
}
if (report.skipped !== undefined) {
  console.log(`SKIPPED sqlc: ${report.skipped}. Only schema.sql and the query files' digests were compared.`);
}
process.exitCode = report.ok && (values.check || report.skipped === undefined) ? 0 : 1;
