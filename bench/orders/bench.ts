import { randomUUID } from "node:crypto";
import { createPgDatabase } from "@flashdeal/runtime/database";
import { createLogger } from "@flashdeal/runtime/telemetry";
import { cpuSecondsOf } from "./cpu.ts";
import { startGenerator, type Generator } from "./generator/generator.ts";
import type { JobResult, LoadJob } from "./generator/job.ts";
import { stockDeals } from "./goods.ts";
import type { RunningBaseline } from "../baselines/start-baselines.ts";
import { recycleWriteAheadLog, startPlatform, type Platform, type RunningVariant, type Variant } from "./platform.ts";

/** How much is measured. */
export interface BenchOptions {
  readonly rounds: number;
  readonly durationMs: number;
  readonly concurrency: number;
  readonly connections: number;
  readonly users: number;
  readonly items: number;
  readonly poolSize: number;
  /** Batches of orders that run at once, where orders are batched. */
  readonly inFlight: number;
  readonly strategies: readonly string[];
  /** Whether shops written by hand are measured too. */
  readonly baselines: boolean;
  readonly profileFolder: string | undefined;
}

/** One measurement: what was called, on what. */
export interface Sample extends JobResult {
  readonly name: string;
  readonly load: "hot" | "spread" | "half load" | "-";
  /** Cores that each process took; of a no-op, its server as `order`. NaN where the machine does not tell. */
  readonly cores: { readonly order: number; readonly product: number; readonly postgres: number };
}

/** How a strategy is run. redis-lua is a gate before group commit. The ways without batches have one transaction per order, and as many at once as its connections bear. */
export function variantOf(strategy: string, { poolSize, inFlight }: BenchOptions): Variant {
  if (strategy === "group-commit" || strategy === "redis-lua") return { name: strategy, strategy, batchMaxSize: 250, batchMaxInFlight: inFlight };
  return { name: strategy, strategy, batchMaxSize: 1, batchMaxInFlight: poolSize };
}

/** Runs every strategy and the no-ops in turn, round by round, and answers all samples. Throws where an order was lost or made up. */
export async function measure(options: BenchOptions, onSample: (sample: Sample) => void): Promise<readonly Sample[]> {
  const platform = await startPlatform({
    variants: options.strategies.map((strategy) => variantOf(strategy, options)),
    poolSize: options.poolSize,
    profileFolder: options.profileFolder,
    baselines: options.baselines,
    items: options.items,
  });
  if ("skipped" in platform) throw new Error(platform.skipped);
  const generator = startGenerator();
  try {
    const deals = new Map<RunningVariant, readonly string[]>();
    for (const running of platform.variants) deals.set(running, await stockDeals(running.productAddress, platform.secret, options.items));
    const samples: Sample[] = [];
    const note = (sample: Sample): void => {
      samples.push(sample);
      onSample(sample);
    };
    const job = await jobOf(options, platform);
    await warmUpAll(generator, platform, job, deals);
    for (let round = 0; round < options.rounds; round++) {
      await recycleWriteAheadLog(platform.postgresUrl);
      await measureNoOps(generator, platform, job, note);
      for (const running of platform.variants) {
        const [hot = "", ...others] = deals.get(running) ?? [];
        const expected = await ordersOf(running);
        const pids = { ...running.pids, postgres: platform.postgresPid };
        const first = await generator.run({ ...job, port: running.orderPort, dealIds: [hot], durationMs: leadInMs });
        const onHot = await take(generator, pids, running.variant.name, "hot", { ...job, port: running.orderPort, dealIds: [hot] });
        note(onHot);
        const spread = await take(generator, pids, running.variant.name, "spread", { ...job, port: running.orderPort, dealIds: [hot, ...others] });
        note(spread);
        const half = await take(generator, pids, running.variant.name, "half load", halfOf({ ...job, port: running.orderPort, dealIds: [hot] }, onHot));
        note(half);
        await checkOrders(running, expected + first.answered + onHot.answered + spread.answered + half.answered);
      }
      for (const baseline of platform.baselines) await measureBaseline(generator, platform, baseline, job, note);
    }
    return samples;
  } finally {
    generator.stop();
    await platform.stop();
  }
}

/** Until the compiler has made of the services what it will: so many calls, or so long. */
const warmUp = { maxCalls: 40_000, durationMs: 10_000 };

/** How long each server is called before it is measured, in milliseconds: one that waited for its turn has dropped compiled code and memory, and takes both again. */
const leadInMs = 5_000;

async function warmUpAll(generator: Generator, { noOp, variants }: Platform, job: LoadJob, deals: ReadonlyMap<RunningVariant, readonly string[]>): Promise<void> {
  await generator.run({ ...job, port: noOp.port, dealIds: [randomUUID()], ...warmUp });
  for (const running of variants) await generator.run({ ...job, port: running.orderPort, dealIds: deals.get(running) ?? [], ...warmUp });
}

/** What all loads have in common. */
export async function jobOf(options: BenchOptions, platform: Platform): Promise<LoadJob> {
  const { connections, durationMs, concurrency } = options;
  const users = Array.from({ length: options.users }, () => randomUUID());
  return { call: "create-order", port: 0, connections, users, token: await platform.token(), dealIds: [], durationMs, concurrency };
}

async function measureNoOps(generator: Generator, platform: Platform, job: LoadJob, note: (sample: Sample) => void): Promise<void> {
  const { port, pid } = platform.noOp;
  const pids = { order: pid, product: undefined, postgres: undefined };
  await generator.run({ ...job, port, dealIds: [randomUUID()], durationMs: leadInMs });
  const full = await take(generator, pids, "no-op CreateOrder", "-", { ...job, port, dealIds: [randomUUID()] });
  note(full);
  note(await take(generator, pids, "no-op CreateOrder", "half load", halfOf({ ...job, port, dealIds: [randomUUID()] }, full)));
  note(await take(generator, pids, "health check", "-", { ...job, call: "health", port }));
}

/** An open loop at half the rate. */
function halfOf({ concurrency: _concurrency, ...job }: LoadJob, { perSecond }: Sample): LoadJob {
  return { ...job, perSecond: Math.floor(perSecond / 2) };
}

/** Callers of a baseline at once, each with a connection of its own: with more it gets slower. */
const baselineCallers = 128;

async function measureBaseline(generator: Generator, { postgresPid }: Platform, baseline: RunningBaseline, job: LoadJob, note: (sample: Sample) => void): Promise<void> {
  const { name, port, pid, itemIds } = baseline;
  const pids = { order: pid, product: undefined, postgres: postgresPid };
  const base = { ...job, call: "http-order" as const, port, connections: baselineCallers, concurrency: baselineCallers };
  const expected = await countOrders(baseline.databaseUrl, "orders");
  const first = await generator.run({ ...base, dealIds: itemIds.slice(0, 1), durationMs: leadInMs });
  const hot = await take(generator, pids, name, "hot", { ...base, dealIds: itemIds.slice(0, 1) });
  note(hot);
  const spread = await take(generator, pids, name, "spread", { ...base, dealIds: itemIds });
  note(spread);
  const stored = await countOrders(baseline.databaseUrl, "orders");
  const answered = expected + first.answered + hot.answered + spread.answered;
  if (stored !== answered) throw new Error(`${name}: ${answered} orders were answered, ${stored} are stored`);
}

/** The servers of one load; undefined: takes no part. */
export interface Pids {
  readonly order: number | undefined;
  readonly product: number | undefined;
  readonly postgres: number | undefined;
}

/** Runs a load, and reads what CPU time the servers took for it. */
export async function take(generator: Generator, pids: Pids, name: string, load: Sample["load"], job: LoadJob): Promise<Sample> {
  const secondsOf = () => ({ order: cpuSecondsOf(pids.order), product: cpuSecondsOf(pids.product), postgres: cpuSecondsOf(pids.postgres) });
  const before = secondsOf();
  const beganMs = performance.now();
  const result = await generator.run(job);
  const seconds = (performance.now() - beganMs) / 1_000;
  const after = secondsOf();
  const coresOf = (process: keyof Pids) => ((after[process] ?? Number.NaN) - (before[process] ?? Number.NaN)) / seconds;
  return { ...result, name, load, cores: { order: coresOf("order"), product: coresOf("product"), postgres: coresOf("postgres") } };
}

/** Every answered order is stored, and no other. */
async function checkOrders(running: RunningVariant, answered: number): Promise<void> {
  const stored = await ordersOf(running);
  if (stored !== answered) throw new Error(`${running.variant.name}: ${answered} orders were answered, ${stored} are stored`);
}

function ordersOf({ databaseUrl }: RunningVariant): Promise<number> {
  return countOrders(databaseUrl, "orders.orders");
}

/** Orders that are stored. */
export async function countOrders(databaseUrl: string, table: "orders" | "orders.orders"): Promise<number> {
  const database = createPgDatabase({ url: databaseUrl, log: createLogger({ name: "bench", level: "silent" }), statementTimeoutMs: 60_000 });
  try {
    const { rows } = await database.query({ name: "", text: `SELECT count(*) FROM ${table}` }, []);
    return Number(rows[0]?.[0]);
  } finally {
    await database.close();
  }
}
