import { migrate } from "@flashdeal/runtime/database";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { expect, it } from "vitest";
import { productMigrations } from "../compose.ts";

describeEachDatabase("migrations", (open) => {
  it("go up, all the way down and up again", async () => {
    const database = await open();
    const up = await migrate(database, productMigrations);
    expect(up.applied.length).toBeGreaterThan(0);
    const down = await migrate(database, { ...productMigrations, version: 0 });
    expect(down.applied).toHaveLength(up.applied.length);
    const text = `SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'product' AND relname NOT LIKE 'schema_version%'
      UNION ALL SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'product'`;
    expect((await database.query({ name: "test.leftovers", text }, [])).rows).toEqual([]);
    expect((await migrate(database, productMigrations)).applied).toEqual(up.applied);
    await database.close();
  });
});
