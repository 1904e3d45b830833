import { migrate } from "@flashdeal/runtime/database";
import { describeEachDatabase } from "@flashdeal/runtime/testing";
import { expect, test } from "vitest";
import { orderMigrations } from "../compose.ts";

describeEachDatabase("order migrations", (open) => {
  test("migrations - go up, down to nothing, and up again", async () => {
    const database = await open();
    const tables = async () => {
      const text = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'orders' AND table_name <> 'schema_version'";
      return Number((await database.query({ name: "", text }, [])).rows[0]?.[0]);
    };
    await migrate(database, orderMigrations);
    const all = await tables();
    await migrate(database, { ...orderMigrations, version: 0 });
    expect(await tables()).toBe(0);
    await migrate(database, orderMigrations);
    expect(await tables()).toBe(all);
    await database.close();
  });
});
