import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("testing/waves-of-calls.ts", import.meta.url));
const keepsStreams = Number(process.versions.node.split(".")[0]) >= 24;

/** A wave makes some 25 MB and leaves 0.08 of them, strings of Node's for headers. Without the set of pending streams it leaves 0.19; without the table or the flag 1.3, or up to 17. */
const bytes = { median: 150_000, upperQuartile: 3_000_000 };

test.runIf(keepsStreams)("garbage - what calls over HTTP/2 made goes with the collections of the young generation", { timeout: 60_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", "--min-semi-space-size=64", program, "kept young"]);
  const { grownBytes, ...served } = JSON.parse(stdout) as { readonly grownBytes: typeof bytes };
  expect(served).toEqual({ answered: 40_000, longAnswered: true, cut: 10 });
  expect(grownBytes.median).toBeLessThan(bytes.median);
  expect(grownBytes.upperQuartile).toBeLessThan(bytes.upperQuartile);
});
