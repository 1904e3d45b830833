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

  test("migrations - lines move into their orders and back as they are, and bundles are found by all of their deals", async () => {
    const database = await open();
    const rows = async (text: string) => (await database.query({ name: "", text }, [])).rows;
    const [order, bundle, deal, other] = [1, 2, 3, 4].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`);
    await migrate(database, { ...orderMigrations, version: 4 });
    await database.script(`
      INSERT INTO orders.orders (order_id, user_id, state, payment_state, reservation_id, total_currency, total_units, total_nanos, expire_time, create_time, update_time, version)
      SELECT id, id, 'PENDING_PAYMENT', 'NONE', id, 'KRW', 9, 0, now(), now(), now(), 1 FROM unnest('{${order},${bundle}}'::uuid[]) id;
      INSERT INTO orders.order_lines VALUES
        ('${bundle}', 2, '${deal}', '${deal}', 'b', 'f', 'It''s {"b"}, \\', 2, 'KRW', 3, 500000000),
        ('${bundle}', 1, '${other}', '${other}', 'a', 'f', '', 1, 'KRW', 2, 0),
        ('${order}', 1, '${deal}', '${deal}', 'b', 'f', 'NULL', 3, 'KRW', 3, 0)`);
    const lines = "SELECT * FROM orders.order_lines ORDER BY order_id, line_number";
    const before = await rows(lines);
    expect(before).toHaveLength(3);
    await migrate(database, orderMigrations);
    expect(await rows(lines)).toEqual(before);
    expect(await rows("SELECT order_id, deal_ids FROM orders.orders ORDER BY order_id")).toEqual([[order, [deal]], [bundle, [other, deal]]]);
    expect(await rows("SELECT order_id, deal_id FROM orders.order_deals ORDER BY order_id, deal_id")).toEqual([[order, deal], [bundle, deal], [bundle, other]]);
    await migrate(database, { ...orderMigrations, version: 4 });
    expect(await rows(lines)).toEqual(before);
    // What would not be the same afterwards stops the migration, and nothing is changed.
    const damages = [
      [`INSERT INTO orders.order_lines SELECT '${other}', line_number, deal_id, product_id, vendor_item_id, fulfillment_center_id, title, quantity, price_currency, price_units, price_nanos FROM orders.order_lines WHERE order_id = '${order}'`, other],
      [`UPDATE orders.order_lines SET price_currency = 'EUR' WHERE order_id = '${bundle}' AND line_number = 2`, bundle],
      [`UPDATE orders.order_lines SET line_number = 2 WHERE order_id = '${order}'`, order],
      [`DELETE FROM orders.order_lines WHERE order_id = '${order}'`, order],
    ] as const;
    for (const [damage, named] of damages) {
      await database.script(`CREATE TABLE orders.kept AS SELECT * FROM orders.order_lines; ${damage}`);
      const damaged = await rows(lines);
      await expect(migrate(database, orderMigrations)).rejects.toThrow(named);
      expect(await rows(lines)).toEqual(damaged);
      await database.script("TRUNCATE orders.order_lines; INSERT INTO orders.order_lines SELECT * FROM orders.kept; DROP TABLE orders.kept");
    }
    await migrate(database, orderMigrations);
    expect(await rows(lines)).toEqual(before);
    for (const set of ["quantities = '{}'", "quantities = '{0}'", "quantities = '{NULL}'", "titles = '{NULL}'", "titles = '{a,b}'", "price_units = '{}'"]) {
      await expect(rows(`UPDATE orders.orders SET ${set} WHERE order_id = '${order}'`)).rejects.toThrow("orders_lines_check");
    }
    await database.close();
  });
});
