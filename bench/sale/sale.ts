import { SingleBar, Presets } from "cli-progress";
import Table from "cli-table3";
import { createCommand } from "@flashdeal/runtime/cli";
import { InvalidArgumentError } from "commander";
import { build } from "hdr-histogram-js";
import { checkSale, type Verdict } from "./check.ts";
import { providePlatform } from "./platform.ts";
import { logIn, prepareBuyers, prepareDeal } from "./prepare.ts";
import { rush, type RushResult } from "./rush.ts";
import { createShopClient, type ShopClient } from "./shop-client.ts";

export interface SaleOptions {
  /** Units in the deal. */
  readonly units: number;
  readonly buyers: number;
  /** The gateway; undefined: the default address, or a platform of its own where nobody answers there. */
  readonly url: string | undefined;
  readonly adminEmail: string;
  readonly adminPassword: string;
  /** Buyers at the same moment. */
  readonly concurrency: number;
  /** Every n-th buyer repeats the call. */
  readonly repeatEvery: number;
}

export function parseArgs(argv: readonly string[]): SaleOptions {
  const command = createCommand("npm run sale --", "A crowd of buyers rushes one deal over REST; then every unit is counted.")
    .option("--units <n>", "units in the deal", positive, 100)
    .option("--buyers <n>", "buyers, each with an account of its own", positive, 1_000)
    .option("--concurrency <n>", "buyers at the same moment", positive, 200)
    .option("--repeat-every <n>", "every n-th buyer sends the order twice with the same key; 0: nobody", natural, 10)
    .option("--url <url>", "the gateway (default: http://127.0.0.1:8080, else a platform of its own)")
    .option("--admin-email <email>", "account that prepares the deal", process.env["ADMIN_EMAIL"] ?? "admin@flashdeal.example")
    .option("--admin-password <password>", "its password", process.env["ADMIN_PASSWORD"] ?? "flash-deal-demo")
    .addHelpText("after", "\nExit code: 0 sold exactly, 1 not, 2 wrong arguments or no platform.");
  return command.parse([...argv]).opts<SaleOptions>();
}

/** Runs the sale; answers the exit code. */
export async function run(options: SaleOptions): Promise<number> {
  const platform = await providePlatform(options.url);
  if ("failed" in platform) {
    console.error(platform.failed);
    return 2;
  }
  const shop = createShopClient(platform.url, options.concurrency);
  try {
    return await sell(shop, options);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    await shop.close();
    await platform.stop();
  }
}

async function sell(shop: ShopClient, options: SaleOptions): Promise<number> {
  const adminToken = await logIn(shop, options.adminEmail, options.adminPassword);
  const deal = await prepareDeal(shop, adminToken, options.units);
  console.log(`Deal ${deal.dealId}: ${options.units} units for ${options.buyers} buyers.\n`);

  const signUps = progress("sign-up and log-in", options.buyers);
  const buyers = await prepareBuyers(shop, options.buyers, 16, () => signUps.increment());
  signUps.stop();

  const latencies = build({ lowestDiscernibleValue: 1, highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: 3 });
  const bar = progress("rush", options.buyers);
  const result = await rush(shop, deal, buyers, { ...options, latencies, onDone: () => bar.increment() });
  bar.stop();

  const quantile = (percent: number) => `${(latencies.getValueAtPercentile(percent) / 1_000).toFixed(1)} ms`;
  printResult(options, result, [quantile(50), quantile(95), quantile(99)]);
  const verdicts = await checkSale(shop, adminToken, deal, options.buyers, result);
  printVerdicts(verdicts);
  const exact = verdicts.every(({ holds }) => holds) && result.errors.size === 0;
  console.log(exact ? "\nExact: every unit was sold once." : "\nNOT exact: see the lines marked ✗ and the errors.");
  return exact ? 0 : 1;
}

function printResult(options: SaleOptions, result: RushResult, [p50, p95, p99]: readonly string[]): void {
  const table = new Table({ head: ["sold", "sold out", "errors", "retries", "repeats", "orders/s", "p50", "p95", "p99"], style: { head: [] } });
  const errors = [...result.errors.values()].reduce((sum, count) => sum + count, 0);
  const perSecond = Math.round((options.buyers + result.repeats) / (result.elapsedMs / 1_000));
  table.push([result.orderIds.length, result.soldOut, errors, result.retries, result.repeats, perSecond, p50 ?? "", p95 ?? "", p99 ?? ""]);
  console.log(`\n${table.toString()}`);
  console.log("orders/s counts answered order calls; times are those of an order call as its buyer felt it, retries included.");
  for (const [reason, count] of result.errors) {
    console.log(`  ${count} x ${reason}`);
  }
}

function printVerdicts(verdicts: readonly Verdict[]): void {
  const table = new Table({ head: ["", "check", "expected", "found"], style: { head: [] } });
  for (const { holds, rule, expected, actual } of verdicts) {
    table.push([holds ? "✓" : "✗", rule, expected, actual]);
  }
  console.log(`\n${table.toString()}`);
}

function progress(name: string, total: number): SingleBar {
  const bar = new SingleBar(
    { format: `${name.padEnd(20)} {bar} {value}/{total}  {duration_formatted}`, hideCursor: true, noTTYOutput: true, notTTYSchedule: 5_000 },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return bar;
}

function positive(text: string): number {
  const value = natural(text);
  if (value === 0) {
    throw new InvalidArgumentError("a whole number from 1 on is needed.");
  }
  return value;
}

function natural(text: string): number {
  if (!/^\d{1,7}$/.test(text)) {
    throw new InvalidArgumentError("a whole number is needed.");
  }
  return Number(text);
}
