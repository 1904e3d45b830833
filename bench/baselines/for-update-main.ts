// A shop by hand: Fastify and one transaction per order, with the stock's row locked by SELECT … FOR UPDATE.
import { randomUUID } from "node:crypto";
import { Pool } from "pg";
import { loadBaselineConfig } from "./config.ts";
import { serveShop } from "./shop.ts";

const { port, databaseUrl, poolSize } = loadBaselineConfig();
const pool = new Pool({ connectionString: databaseUrl, max: poolSize });

await serveShop(port, async ({ userId, itemId, quantity, key }) => {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const known = await client.query({ name: "known", text: "SELECT order_id FROM orders WHERE user_id = $1 AND idempotency_key = $2", values: [userId, key] });
    if (known.rowCount === 1) {
      await client.query("ROLLBACK");
      return known.rows[0].order_id as string;
    }
    const { rows } = await client.query({ name: "lock", text: "SELECT available FROM stocks WHERE item_id = $1 FOR UPDATE", values: [itemId] });
    if (rows.length === 0 || Number(rows[0].available) < quantity) {
      await client.query("ROLLBACK");
      return undefined;
    }
    await client.query({ name: "take", text: "UPDATE stocks SET available = available - $2 WHERE item_id = $1", values: [itemId, quantity] });
    const orderId = randomUUID();
    await client.query({
      name: "insert",
      text: "INSERT INTO orders (order_id, user_id, item_id, quantity, state, idempotency_key) VALUES ($1, $2, $3, $4, 'PENDING_PAYMENT', $5)",
      values: [orderId, userId, itemId, quantity, key],
    });
    await client.query("COMMIT");
    return orderId;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
});
