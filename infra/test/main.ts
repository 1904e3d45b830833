// `npm test`: the TypeScript tests, then the Go ones, over the same private servers. Arguments narrow the run down to
// TypeScript tests (`npm test -- services/order`, `npm test -- gateway -t "body"`). The last line is the count.
import { createCommand } from "@flashdeal/runtime/cli";
import { interruptChildren } from "./children.ts";
import { runGo } from "./run-go.ts";
import { runVitest } from "./run-vitest.ts";
import { startServersForRun } from "./servers-for-run.ts";
import { type Summary, addUp, summaryLines } from "./summary.ts";

const command = createCommand("npm test --", "Runs every test over private servers; with files or a name, only those of the TypeScript tests. The last line counts.")
  .argument("[files...]", "folders or files, by a part of their path")
  .option("-t, --testNamePattern <pattern>", "only tests whose name matches")
  .parse();
const { testNamePattern: pattern } = command.opts<{ readonly testNamePattern?: string }>();
const args = [...command.args, ...(pattern === undefined ? [] : ["-t", pattern])];

let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    interrupted = true;
    interruptChildren(signal);
  });
}

const summary = args.length > 0 ? await runVitest(args, process.env) : await runEverything();
console.log(`\n${summaryLines(summary).join("\n")}`);
process.exitCode = interrupted || summary.failed > 0 ? 1 : 0;

async function runEverything(): Promise<Summary> {
  const servers = await startServersForRun();
  try {
    const environment = { ...process.env, ...servers.environment };
    const parts = [await runVitest([], environment)];
    if (!interrupted) parts.push(await runGo(environment));
    return addUp(parts);
  } finally {
    await servers.stop();
  }
}
