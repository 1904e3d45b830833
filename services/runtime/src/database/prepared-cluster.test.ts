import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { silentLog } from "../testing/index.ts";
import { createPgliteDatabase } from "./pglite.ts";
import { prepareCluster, readPreparedCluster } from "./prepared-cluster.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "flashdeal-prepared-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function answerOf(folder: string, template?: Blob): Promise<unknown> {
  const database = await createPgliteDatabase({ folder, log: silentLog, ...(template && { template }) });
  try {
    return (await database.query({ name: "", text: "SELECT 1 + 1" }, [])).rows[0]?.[0];
  } finally {
    await database.close();
  }
}

it("prepared cluster - is made once, whole, also by several at a time, and a new database begins with it", async () => {
  const cache = join(root, "cache");
  expect(await readPreparedCluster(cache)).toBeUndefined();
  const files = await Promise.all([prepareCluster(cache), prepareCluster(cache)]);
  expect(new Set(files).size).toBe(1);
  expect(await readdir(cache)).toHaveLength(1);
  const made = await stat(files[0]);
  expect(await prepareCluster(cache)).toBe(files[0]);
  expect((await stat(files[0])).mtimeMs).toBe(made.mtimeMs);
  const folder = join(root, "database");
  expect(await answerOf(folder, await readPreparedCluster(cache))).toBe(2);
  expect((await stat(join(folder, "data"))).mode & 0o777).toBe(0o700);
  expect(await answerOf(folder)).toBe(2);
}, 60_000);

it("prepared cluster - a damaged one is not used", async () => {
  const cache = join(root, "damaged");
  await writeFile(await prepareCluster(cache), "not an archive");
  expect(await readPreparedCluster(cache)).toBeUndefined();
}, 60_000);
