import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("testing/rush.ts", import.meta.url));
interface Result {
  readonly over: number;
  readonly beforeMb: number;
  readonly afterMb: number;
}

const after = async (load: string): Promise<Result> => JSON.parse((await promisify(execFile)(process.execPath, ["--max-semi-space-size=64", program, load])).stdout) as Result;

test("memory - is given back after a rush, once, and nothing happens where there was none", { timeout: 90_000 }, async () => {
  const [rush, nothing] = await Promise.all([after("rush"), after("nothing")]);
  expect([rush.over, nothing.over]).toEqual([1, 0]);
  // The young generation alone had 64 MB; 160 to 190 were measured.
  expect(rush.beforeMb - rush.afterMb).toBeGreaterThan(40);
});
