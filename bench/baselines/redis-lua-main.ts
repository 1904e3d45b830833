// A shop by hand: Fastify, a script in Redis that counts the stock down, and an INSERT; where that fails the unit is counted up again.
import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { Pool } from "pg";
import { loadBaselineConfig } from "./config.ts";
import { serveShop } from "./shop.ts";

const { port, databaseUrl, poolSize, redisUrl } = loadBaselineConfig();
const pool = new Pool({ connectionString: databaseUrl, max: poolSize });
const redis = new Redis(redisUrl ?? "", { enableAutoPipelining: true });

const take = `
local left = tonumber(redis.call('GET', KEYS[1]) or '0')
if left < tonumber(ARGV[1]) then return -1 end
return redis.call('DECRBY', KEYS[1], ARGV[1])`;
const takeSha = String(await redis.script("LOAD", take));

for (const { item_id: itemId, available } of (await pool.query<{ item_id: string; available: string }>("SELECT item_id, available FROM stocks")).rows) {
  await redis.set(`stock:${itemId}`, available);
}

await serveShop(port, async ({ userId, itemId, quantity, key }) => {
  if (Number(await redis.evalsha(takeSha, 1, `stock:${itemId}`, quantity)) < 0) return undefined;
  const orderId = randomUUID();
  try {
    const { rows } = await pool.query<{ order_id: string }>({
      name: "insert",
      text: `INSERT INTO orders (order_id, user_id, item_id, quantity, state, idempotency_key) VALUES ($1, $2, $3, $4, 'PENDING_PAYMENT', $5)
        ON CONFLICT (user_id, idempotency_key) DO UPDATE SET state = orders.state RETURNING order_id`,
      values: [orderId, userId, itemId, quantity, key],
    });
    const stored = rows[0]?.order_id ?? orderId;
    if (stored !== orderId) await redis.incrby(`stock:${itemId}`, quantity);
    return stored;
  } catch (error) {
    await redis.incrby(`stock:${itemId}`, quantity);
    throw error;
  }
});
