import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createPgDatabase } from "@flashdeal/runtime/database";
import { createLogger } from "@flashdeal/runtime/telemetry";
import { usageOf } from "../ab/process-usage.ts";
import { countOrders, jobOf, take, variantOf, type BenchOptions, type Sample } from "./bench.ts";
import { startGenerator } from "./generator/generator.ts";
import { stockDeals } from "./goods.ts";
import { startPlatform, type RunningVariant } from "./platform.ts";

/** What the engine was like while the next orders were stored on top of all before. */
export interface FillSample extends Sample {
  /** Orders stored when the sample ended. */
  readonly stored: number;
  /** Resident memory of each process when the sample ended; NaN where the machine does not tell. */
  readonly resident: { readonly orderBytes: number; readonly productBytes: number };
  readonly relations: readonly RelationSize[];
}

/** All samples, and what the services keep when nobody calls any more. */
export interface Filled {
  readonly samples: readonly FillSample[];
  readonly atRest: FillSample["resident"];
}

/** A table and its indexes. */
export interface RelationSize {
  readonly name: string;
  readonly tableBytes: number;
  readonly indexBytes: number;
}

/** Orders of one sample. */
const ordersEach = 50_000;
/** So many buyers that nobody's history is long. */
const users = 50_000;
/** Longer than any run: orders that expire on the way would be other work than the first ones had. */
const payWithin = "6h";
/** How long nobody calls before memory is read for the last time: the collector gives back in steps. */
const restMs = 60_000;
/** A sample that takes longer says that the machine is not fit for this. */
const longestSampleMs = 600_000;

/**
 * Stores `orders` orders of one hot item through gRPC, with group commit, in a fresh database, and answers a sample for each 50,000, and then one of the memory at rest. Throws
 * where a call failed or an order was lost or made up.
 */
export async function fill(options: BenchOptions, orders: number, onSample: (sample: FillSample) => void): Promise<Filled> {
  const variant = { ...variantOf("group-commit", options), environment: { ORDER_PAY_WITHIN: payWithin } };
  const platform = await startPlatform({ variants: [variant], poolSize: options.poolSize, profileFolder: options.profileFolder, baselines: false, items: 1 });
  if ("skipped" in platform) throw new Error(platform.skipped);
  const generator = startGenerator();
  try {
    const [running] = platform.variants;
    if (running === undefined) throw new Error("nothing runs");
    const dealIds = await stockDeals(running.productAddress, platform.secret, 1);
    const job = { ...(await jobOf(options, platform)), users: Array.from({ length: users }, () => randomUUID()), port: running.orderPort, dealIds, durationMs: longestSampleMs };
    const samples: FillSample[] = [];
    for (let stored = 0; stored < orders; ) {
      const sample = await take(generator, { ...running.pids, postgres: platform.postgresPid }, "group-commit", "hot", { ...job, maxCalls: Math.min(ordersEach, orders - stored) });
      stored += sample.answered;
      if (sample.failed > 0) throw new Error(`${sample.failed} calls failed`);
      const found = await countOrders(running.databaseUrl, "orders.orders");
      if (found !== stored) throw new Error(`${stored} orders were answered, ${found} are stored`);
      const full: FillSample = { ...sample, stored, resident: residentOf(running), relations: await relationsOf(running) };
      samples.push(full);
      onSample(full);
    }
    await sleep(restMs);
    return { samples, atRest: residentOf(running) };
  } finally {
    generator.stop();
    await platform.stop();
  }
}

function residentOf({ pids }: RunningVariant): FillSample["resident"] {
  return { orderBytes: residentBytesOf(pids.order), productBytes: residentBytesOf(pids.product) };
}

function residentBytesOf(pid: number): number {
  try {
    return usageOf(pid).residentBytes;
  } catch {
    return Number.NaN;
  }
}

const relationSizes = `
SELECT n.nspname || '.' || c.relname, pg_table_size(c.oid)::text, pg_indexes_size(c.oid)::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname IN ('orders', 'product')
ORDER BY pg_total_relation_size(c.oid) DESC`;

async function relationsOf({ databaseUrl }: RunningVariant): Promise<readonly RelationSize[]> {
  const database = createPgDatabase({ url: databaseUrl, log: createLogger({ name: "bench", level: "silent" }), statementTimeoutMs: 60_000 });
  try {
    const { rows } = await database.query({ name: "", text: relationSizes }, []);
    return rows.map(([name, tableBytes, indexBytes]) => ({ name: String(name), tableBytes: Number(tableBytes), indexBytes: Number(indexBytes) }));
  } finally {
    await database.close();
  }
}
