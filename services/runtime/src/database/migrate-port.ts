import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "./database.ts";
import { migrate } from "./migrate.ts";

/** What migrations do on every adapter. `open` is called twice; both are the same database where the adapter can do that. */
export function describeMigrations(name: string, open: () => Promise<Database>): void {
  describe(`migrations (${name})`, () => {
    let first: Database;
    let second: Database;
    let root: string;
    const folderOf = async (schema: string, files: Readonly<Record<string, string>>): Promise<string> => {
      const folder = join(root, schema, "[odd] (name)");
      await mkdir(folder, { recursive: true });
      await Promise.all(Object.entries(files).map(([file, sql]) => writeFile(join(folder, file), sql)));
      return folder;
    };
    const versions = async (schema: string): Promise<unknown> =>
      (await first.query({ name: "", text: `SELECT version FROM ${schema}.schema_version ORDER BY version` }, [])).rows.flat();

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), "flashdeal-migrations-"));
      first = await open();
      second = await open();
    });
    afterAll(async () => {
      await Promise.all([first.close(), second.close()]);
      await rm(root, { recursive: true, force: true });
    });

    it("run in order, once, and back down", async () => {
      const folder = await folderOf("shop", {
        "001.do.goods.sql": "CREATE TABLE shop.goods (id int);\nINSERT INTO shop.goods VALUES (1); -- a last comment",
        "001.undo.goods.sql": "DROP TABLE shop.goods;",
        "002.do.more.sql": "INSERT INTO shop.goods VALUES (2)",
        "002.undo.more.sql": "DELETE FROM shop.goods WHERE id = 2",
      });
      expect((await migrate(first, { schema: "shop", folder })).applied).toHaveLength(2);
      expect((await migrate(first, { schema: "shop", folder })).applied).toEqual([]);
      expect((await first.query({ name: "", text: "SELECT id FROM shop.goods ORDER BY id" }, [])).rows).toEqual([[1], [2]]);
      await migrate(first, { schema: "shop", folder, version: 0 });
      expect(await versions("shop")).toEqual([0n]);
      await migrate(first, { schema: "shop", folder });
      expect(await versions("shop")).toEqual([0n, 1n, 2n]);
    });

    it("of two who start at the same time, one does the work", async () => {
      const folder = await folderOf("race", {
        "001.do.slow.sql": "CREATE TABLE race.t (id int); SELECT pg_sleep(0.3);",
        "002.do.row.sql": "INSERT INTO race.t VALUES (1)",
      });
      const outcomes = await Promise.all([first, second, first, second].map((database) => migrate(database, { schema: "race", folder })));
      expect(outcomes.map(({ applied }) => applied.length).toSorted()).toEqual([0, 0, 0, 2]);
      expect((await first.query({ name: "", text: "SELECT id FROM race.t" }, [])).rows).toEqual([[1]]);
    });

    it("that fail leave the schema at a whole version, and are named", async () => {
      const folder = await folderOf("broken", { "001.do.ok.sql": "CREATE TABLE broken.t (id int)", "002.do.bad.sql": "INSERT INTO broken.t VALUES (1); SELECT 1/0;" });
      await expect(migrate(first, { schema: "broken", folder })).rejects.toThrow(/002\.do\.bad\.sql failed: division by zero/);
      expect(await versions("broken")).toEqual([0n, 1n]);
      expect((await first.query({ name: "", text: "SELECT * FROM broken.t" }, [])).rows).toEqual([]);
      await writeFile(join(folder, "002.do.bad.sql"), "INSERT INTO broken.t VALUES (2)");
      await migrate(first, { schema: "broken", folder });
      expect(await versions("broken")).toEqual([0n, 1n, 2n]);
    });

    it("that are newer than the program stop it, and are left as they are", async () => {
      const files = { "001.do.one.sql": "CREATE TABLE newer.t (id int)", "001.undo.one.sql": "DROP TABLE newer.t" };
      const [old, current] = [await folderOf("newer/old", files), await folderOf("newer", { ...files, "002.do.two.sql": "SELECT 1", "002.undo.two.sql": "SELECT 1" })];
      await migrate(first, { schema: "newer", folder: current });
      await expect(migrate(first, { schema: "newer", folder: old })).rejects.toThrow("the schema newer is at version 2, and this program knows it up to 1");
      expect(await versions("newer")).toEqual([0n, 1n, 2n]);
    });

    it("that were changed after they were applied are refused", async () => {
      const folder = await folderOf("edited", { "001.do.t.sql": "CREATE TABLE edited.t (id int)" });
      await migrate(first, { schema: "edited", folder });
      await writeFile(join(folder, "001.do.t.sql"), "CREATE TABLE edited.t (id bigint)");
      await expect(migrate(first, { schema: "edited", folder })).rejects.toThrow("MD5 checksum failed");
    });

    it("need a folder and a schema name", async () => {
      await expect(migrate(first, { schema: "none", folder: join(root, "none") })).rejects.toThrow("ENOENT");
      await expect(migrate(first, { schema: 'a"b', folder: root })).rejects.toThrow("not a schema name");
    });
  });
}
