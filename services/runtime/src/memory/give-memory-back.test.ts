import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { GivenBack } from "./give-memory-back.ts";

const program = fileURLToPath(new URL("testing/rush.ts", import.meta.url));

const givenAfter = async (load: string): Promise<readonly GivenBack[]> =>
  JSON.parse((await promisify(execFile)(process.execPath, ["--max-semi-space-size=64", program, load])).stdout) as readonly GivenBack[];

test("memory - is given back once, after a rush, and not while there was none", async () => {
  const [afterRush, afterNothing] = await Promise.all([givenAfter("rush"), givenAfter("nothing")]);
  expect(afterNothing).toEqual([]);
  expect(afterRush).toHaveLength(1);
  const [{ residentBytesBefore, residentBytesAfter } = { residentBytesBefore: 0, residentBytesAfter: 0 }] = afterRush;
  // The young generation alone had 64 MB; 100 MB were measured.
  expect(residentBytesBefore - residentBytesAfter).toBeGreaterThan(40e6);
});
