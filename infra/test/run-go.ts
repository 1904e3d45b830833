import { once } from "node:events";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { rootFolder } from "../generate/contract.ts";
import { goVersion } from "../tools/tools.ts";
import { spawnChild } from "./children.ts";
import { type Summary, summarizeGo } from "./summary.ts";

const folder = join(rootFolder, "services", "go");

/** Vets and tests the Go drop-ins. Where Go or its modules cannot be had, their tests count as skipped. */
export async function runGo(environment: NodeJS.ProcessEnv): Promise<Summary> {
  if (!existsSync(join(folder, "go.mod"))) {
    return { passed: 0, failed: 0, skipped: new Map() };
  }
  if (goVersion() === undefined) {
    return skipAll("no Go: there is no Go toolchain on PATH");
  }
  console.log("\nGo: go vet ./... && go test ./...");
  const download = await run(["mod", "download"], environment);
  if (download.code !== 0) {
    return skipAll(`no Go modules: ${download.lines.at(-1)?.trim() ?? "go mod download failed"}`);
  }
  const vet = await run(["vet", "./..."], environment);
  if (vet.code !== 0) {
    console.log(vet.lines.join("\n"));
    return { passed: 0, failed: 1, skipped: new Map() };
  }
  const test = await run(["test", "-json", "./..."], environment, showGoEvent);
  const summary = summarizeGo(test.lines);
  return test.code !== 0 && summary.failed === 0 ? { ...summary, failed: 1 } : summary;
}

/** Without a toolchain the tests can only be counted by their names in the sources. */
function skipAll(reason: string): Summary {
  const files = globSync("**/*_test.go", { cwd: folder });
  const tests = files.flatMap((file) => [...readFileSync(join(folder, file), "utf8").matchAll(/^func Test\w+\(/gm)]);
  return { passed: 0, failed: 0, skipped: new Map([[reason, tests.length]]) };
}

async function run(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  onLine: (line: string) => void = () => {},
): Promise<{ code: number | null; lines: string[] }> {
  const child = spawnChild("go", args, { cwd: folder, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      onLine(line);
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  return { code, lines };
}

/** Shows a line per package, and what failing tests print. */
function showGoEvent(line: string): void {
  if (!line.startsWith("{")) {
    console.log(line);
    return;
  }
  const event = JSON.parse(line) as { Action: string; Test?: string; Output?: string };
  const output = event.Output?.trimEnd() ?? "";
  if (event.Action === "output" && output !== "" && (event.Test === undefined ? /^(ok|FAIL|panic|---)/ : /^\s*(--- FAIL|\S+\.go:\d+: )/).test(output)) {
    console.log(`  ${output}`);
  }
}
