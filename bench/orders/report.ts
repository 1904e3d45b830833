import Table from "cli-table3";
import type { Sample } from "./bench.ts";

/** The middle one; of an even number the lower of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

interface Row {
  readonly name: string;
  readonly load: string;
  readonly samples: readonly Sample[];
}

function rowsOf(samples: readonly Sample[]): readonly Row[] {
  const rows = Map.groupBy(samples, ({ name, load }) => `${name} ${load}`);
  return [...rows.values()].map((group) => ({ name: group[0]?.name ?? "", load: group[0]?.load ?? "", samples: group }));
}

/** CPU time of all servers together for one answered call: other work on the machine hardly changes it. */
export function microsecondsEach({ cores, perSecond }: Sample): number {
  const taken = [cores.order, cores.product, cores.postgres].filter((value) => !Number.isNaN(value));
  return (taken.reduce((sum, value) => sum + value, 0) * 1_000_000) / perSecond;
}

function cores(value: number): string {
  return Number.isNaN(value) ? "" : value.toFixed(2);
}

/** A table of medians over the rounds, and the ratios that count. */
export function report(samples: readonly Sample[]): string {
  const table = new Table({ head: ["", "load", "orders/s", "p50 ms", "p99 ms", "order", "product", "postgres", "generator", "CPU µs each"], style: { head: [], border: [] } });
  const rows = rowsOf(samples);
  for (const { name, load, samples: group } of rows) {
    const of = (pick: (sample: Sample) => number) => median(group.map(pick));
    table.push([
      name,
      load,
      Math.round(of((sample) => sample.perSecond)).toLocaleString("en"),
      of((sample) => sample.p50Ms).toFixed(1),
      of((sample) => sample.p99Ms).toFixed(1),
      ...[of((sample) => sample.cores.order), of((sample) => sample.cores.product), of((sample) => sample.cores.postgres), of((sample) => sample.generatorCores)].map(cores),
      Math.round(of(microsecondsEach)),
    ]);
  }
  const rate = (name: string, load: string) => median(rows.find((row) => row.name === name && row.load === load)?.samples.map((sample) => sample.perSecond) ?? []);
  const hot = rate("group-commit", "hot");
  const ratios: readonly (readonly [string, number])[] = [
    ["group-commit : row-lock, hot", hot / rate("row-lock", "hot")],
    ["group-commit : conditional-update, hot", hot / rate("conditional-update", "hot")],
    ["group-commit : Fastify + FOR UPDATE, hot", hot / rate("Fastify + FOR UPDATE", "hot")],
    ["group-commit : Fastify + Redis Lua, hot", hot / rate("Fastify + Redis Lua", "hot")],
    ["group-commit : no-op CreateOrder", hot / rate("no-op CreateOrder", "-")],
    ["group-commit : health check", hot / rate("health check", "-")],
    ["group-commit, hot : spread", hot / rate("group-commit", "spread")],
    ["row-lock, hot : spread", rate("row-lock", "hot") / rate("row-lock", "spread")],
  ];
  const failed = samples.reduce((sum, sample) => sum + sample.failed, 0);
  const cost = (name: string, load: string) => median(rows.find((row) => row.name === name && row.load === load)?.samples.map(microsecondsEach) ?? []);
  const lines = [...ratios, ["CPU of no-op CreateOrder : group-commit", cost("no-op CreateOrder", "-") / cost("group-commit", "hot")] as const].filter(([, ratio]) => !Number.isNaN(ratio)).map(([name, ratio]) => `${name.padEnd(42)} ${ratio.toFixed(2)}`);
  const tail = (name: string) => median(rows.find((row) => row.name === name && row.load === "half load")?.samples.map(({ p99Ms }) => p99Ms) ?? []);
  const tails = ["group-commit", "no-op CreateOrder"].filter((name) => !Number.isNaN(tail(name))).map((name) => `${`p99 at half load, ${name}`.padEnd(42)} ${tail(name).toFixed(0)} ms`);
  return `${table.toString()}\nColumns at the right: cores taken. Failed calls: ${failed}\n\n${[...lines, ...tails].join("\n")}`;
}
