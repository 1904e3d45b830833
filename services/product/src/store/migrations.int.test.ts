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

  it("move lines into their holds and back as they are", async () => {
    const database = await open();
    const rows = async (text: string) => (await database.query({ name: "", text }, [])).rows;
    const [product, one, other, hold] = [1, 2, 3, 4].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`);
    await migrate(database, { ...productMigrations, version: 6 });
    await database.script(`
      INSERT INTO product.products VALUES ('${product}', 'item', 'Shoes', 'shoes', '', 'KRW', 1000, 0, '{}', now(), now());
      INSERT INTO product.deals SELECT id, '${product}', 'item', 'fc', 'Deal ' || id, 'KRW', 900, 0, now(), now() + interval '1 hour', 0, NULL, now(), now() FROM unnest('{${one},${other}}'::uuid[]) id;
      INSERT INTO product.reservations VALUES ('${hold}', '${hold}', 'HELD', NULL, now(), now(), now());
      INSERT INTO product.reservation_lines SELECT '${hold}', place, d.deal_id, d.product_id, d.vendor_item_id, d.fulfillment_center_id, d.title, 2 + place, 'KRW', 900, 0
      FROM product.deals d JOIN (VALUES ('${one}'::uuid, 1), ('${other}'::uuid, 0)) AS p (deal_id, place) USING (deal_id)`);
    const lines = "SELECT reservation_id, line_number, deal_id, product_id, vendor_item_id, fulfillment_center_id, title, quantity, price_currency, price_units, price_nanos FROM product.reservation_lines ORDER BY reservation_id, line_number";
    const before = await rows(lines);
    expect(before).toHaveLength(2);
    await migrate(database, productMigrations);
    expect(await rows(lines)).toEqual(before);
    expect(await rows("SELECT deal_ids, quantities FROM product.reservations")).toEqual([[[other, one], [2n, 3n]]]);
    await migrate(database, { ...productMigrations, version: 6 });
    expect(await rows(lines)).toEqual(before);
    // What would not be the same afterwards stops the migration, and nothing is changed.
    const damages = [
      `UPDATE product.reservation_lines SET price_units = 1 WHERE deal_id = '${one}'`,
      `UPDATE product.reservation_lines SET deal_id = '${product}' WHERE deal_id = '${one}'`,
      `UPDATE product.reservation_lines SET line_number = 5 WHERE deal_id = '${one}'`,
      "DELETE FROM product.reservation_lines",
    ];
    for (const damage of damages) {
      await database.script(`CREATE TABLE product.kept AS SELECT * FROM product.reservation_lines; ${damage}`);
      const damaged = await rows(lines);
      await expect(migrate(database, productMigrations)).rejects.toThrow(hold);
      expect(await rows(lines)).toEqual(damaged);
      await database.script("TRUNCATE product.reservation_lines; INSERT INTO product.reservation_lines SELECT * FROM product.kept; DROP TABLE product.kept");
    }
    await migrate(database, productMigrations);
    expect(await rows(lines)).toEqual(before);
    for (const set of ["deal_ids = '{}'", "deal_ids = '{NULL,NULL}'", "quantities = '{0,1}'", "quantities = '{NULL,1}'", "quantities = '{1}'"]) {
      await expect(rows(`UPDATE product.reservations SET ${set}`)).rejects.toThrow("reservations_lines_check");
    }
    await database.close();
  });

  it("keep counts of buyers where there is a limit, and count the others again on the way back", async () => {
    const database = await open();
    const rows = async (text: string) => (await database.query({ name: "", text }, [])).rows;
    const [product, limited, unlimited, buyer, other] = [1, 2, 3, 4, 5].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`);
    await migrate(database, { ...productMigrations, version: 9 });
    await database.script(`
      INSERT INTO product.products VALUES ('${product}', 'item', 'Shoes', 'shoes', '', 'KRW', 1000, 0, '{}', now(), now());
      INSERT INTO product.deals SELECT id, '${product}', 'item', 'fc', 'Deal', 'KRW', 900, 0, now(), now() + interval '1 hour', per_user_limit, NULL, now(), now()
        FROM (VALUES ('${limited}'::uuid, 5), ('${unlimited}', 0)) AS d (id, per_user_limit);
      INSERT INTO product.reservations (reservation_id, user_id, state, deal_ids, quantities, expire_time, create_time, update_time)
        SELECT gen_random_uuid(), user_id::uuid, state::product.reservation_state, '{${limited},${unlimited}}', ARRAY[1, quantity], now(), now(), now()
        FROM (VALUES ('${buyer}', 'HELD', 2), ('${buyer}', 'COMMITTED', 3), ('${other}', 'HELD', 1), ('${other}', 'RELEASED', 4)) AS r (user_id, state, quantity);
      INSERT INTO product.deal_purchases VALUES ('${limited}', '${buyer}', 2), ('${limited}', '${other}', 1), ('${unlimited}', '${buyer}', 5), ('${unlimited}', '${other}', 1)`);
    const counts = "SELECT deal_id, user_id, quantity FROM product.deal_purchases ORDER BY 1, 2";
    const before = await rows(counts);
    await migrate(database, productMigrations);
    expect(await rows(counts)).toEqual([[limited, buyer, 2n], [limited, other, 1n]]);
    expect(await rows("SELECT DISTINCT deal_id, per_user_limit FROM product.reservation_lines ORDER BY 1")).toEqual([[limited, 5n], [unlimited, 0n]]);
    await database.script(`INSERT INTO product.deal_purchases VALUES ('${unlimited}', '${buyer}', 1)`);
    await migrate(database, { ...productMigrations, version: 9 });
    expect(await rows(counts)).toEqual(before);
    await database.close();
  });
});
