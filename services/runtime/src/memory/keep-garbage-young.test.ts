import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("testing/waves-of-calls.ts", import.meta.url));
const keepsStreams = Number(process.versions.node.split(".")[0]) >= 24;

async function run(mode: "as Node has it" | "kept young"): Promise<{ readonly grownBytes: number; readonly answered: number; readonly longAnswered: boolean; readonly cut: number }> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program, mode]);
  return JSON.parse(stdout) as Awaited<ReturnType<typeof run>>;
}

test.runIf(keepsStreams)("garbage - what calls over HTTP/2 made goes with the collections of the young generation", { timeout: 60_000 }, async () => {
  const [before, now] = await Promise.all([run("as Node has it"), run("kept young")]);
  expect(now).toMatchObject({ answered: before.answered, longAnswered: true, cut: before.cut });
  expect(now.grownBytes).toBeLessThan(before.grownBytes / 5);
});
