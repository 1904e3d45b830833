import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("testing/waves-of-calls.ts", import.meta.url));
const keepsStreams = Number(process.versions.node.split(".")[0]) >= 24;

/** Each call makes some 65,000 bytes, 100 calls are a wave. As Node has it, the heap nearly always grows by all of that with each wave. */
const bytesOfWave = 6_500_000;

test.runIf(keepsStreams)("garbage - what calls over HTTP/2 made goes with the collections of the young generation", { timeout: 60_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program, "kept young"]);
  const { grownBytes, ...served } = JSON.parse(stdout) as { readonly grownBytes: number };
  expect(served).toEqual({ answered: 6_000, longAnswered: true, cut: 10 });
  expect(grownBytes).toBeLessThan(bytesOfWave / 10);
});
