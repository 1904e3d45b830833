// `npm run audit`: has the running platform cross-check itself, and prints what is not as it must be.
import { createCommand } from "@flashdeal/runtime/cli";
import { auditPlatform, type AuditReport } from "./audit-platform.ts";

const command = createCommand("npm run audit --", "Has a running platform cross-check stock, ledger, reservations, orders and read model, and prints what disagrees.")
  .option("--url <url>", "the gateway", "http://127.0.0.1:8080")
  .option("--admin-email <email>", "an admin's account", "admin@flashdeal.example")
  .option("--admin-password <password>", "its password", "flash-deal-demo")
  .option("--vendor-item-id <id>", "only this item", "")
  .option("--repair", "mend what can be mended without putting units on sale", false)
  .option("--json", "print the report as JSON", false)
  .addHelpText("after", "\nExit code: 0 nothing is wrong, or all of it was mended; 1 something is; 2 wrong arguments, no platform, or the audit ended early.");
const options = command.parse().opts<{ url: string; adminEmail: string; adminPassword: string; vendorItemId: string; repair: boolean; json: boolean }>();

try {
  const report = await auditPlatform(options, (line) => process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}` : `${line}\n`));
  if (process.stderr.isTTY) process.stderr.write("\n");
  console.log(options.json ? JSON.stringify(report, undefined, 2) : printable(report));
  process.exitCode = report.violations.some(({ state }) => state !== "REPAIRED") ? 1 : 0;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}

function printable({ auditId, checked, violations }: AuditReport): string {
  if (violations.length === 0) return `Nothing is wrong: ${checked} keys, reservations and orders agree (audit ${auditId}).`;
  const lines = violations.map(({ kind, state, subject, expected, actual, refusal }) =>
    [`${kind}  ${subject}  ${state}`, `  expected  ${expected}`, `  found     ${actual}`, ...(refusal === "" ? [] : [`  ${refusal}`])].join("\n"),
  );
  return [...lines, "", `${violations.length} of ${checked} checks failed (audit ${auditId}).`].join("\n");
}
