import { appendFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { Book } from "./books.ts";

const pauseMs = 400;

/** Reads the inventory's books again and again until `signal` fires, past the services and all wires, and writes each look to `file`. While Postgres is away there is none. */
export async function watchBooks(url: string, items: readonly string[], file: string, signal: AbortSignal): Promise<void> {
  const startMs = performance.now();
  writeFileSync(file, "");
  while (!signal.aborted) {
    const books = await readBooks(url, items);
    if (books !== undefined) appendFileSync(file, `${JSON.stringify({ timeMs: Math.round(performance.now() - startMs), books })}\n`);
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

async function readBooks(url: string, items: readonly string[]): Promise<readonly Book[] | undefined> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000, query_timeout: 5_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return (await client.query<Book>(booksQuery, [items])).rows;
  } catch (error) {
    if (isMistake(error)) throw error;
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Class 42: the query itself is wrong. */
function isMistake(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("42");
}

/** One statement sees one snapshot. */
const booksQuery = `
  WITH held AS (
    SELECT l.vendor_item_id, sum(l.quantity) FILTER (WHERE r.state = 'HELD') AS held, sum(l.quantity) FILTER (WHERE r.state = 'COMMITTED') AS sold
    FROM product.reservation_lines l JOIN product.reservations r USING (reservation_id) WHERE l.vendor_item_id = ANY ($1) GROUP BY 1
  ), moved AS (
    SELECT vendor_item_id, sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved, sum(on_hand_delta) FILTER (WHERE kind IN ('RECEIVE', 'ADJUST')) AS received
    FROM product.stock_movements WHERE vendor_item_id = ANY ($1) GROUP BY 1
  )
  SELECT s.vendor_item_id AS item, s.on_hand::int AS "onHand", s.reserved::int, coalesce(m.on_hand, 0)::int AS "onHandSum", coalesce(m.reserved, 0)::int AS "reservedSum",
    coalesce(m.received, 0)::int AS received, coalesce(h.held, 0)::int AS held, coalesce(h.sold, 0)::int AS sold
  FROM product.stocks s LEFT JOIN moved m USING (vendor_item_id) LEFT JOIN held h USING (vendor_item_id) WHERE s.vendor_item_id = ANY ($1)`;
