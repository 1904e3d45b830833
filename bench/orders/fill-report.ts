import Table from "cli-table3";
import type { Filled, FillSample, RelationSize } from "./fill.ts";
import { median, microsecondsEach } from "./report.ts";

/** Most resident memory that a service is to take. */
const memoryGoalMiB = 200;
/** Tables that are named one by one. */
const largest = 8;

const toMiB = (bytes: number): number => bytes / 1_048_576;
const inMiB = (bytes: number): string => Math.round(toMiB(bytes)).toLocaleString("en");
const inUnits = (value: number): string => Math.round(value).toLocaleString("en");

function sum(relations: readonly RelationSize[], pick: (relation: RelationSize) => number): number {
  return relations.reduce((total, relation) => total + pick(relation), 0);
}

const outboxBytes = (relations: readonly RelationSize[]): number =>
  sum(relations.filter(({ name }) => name.endsWith(".outbox")), ({ tableBytes, indexBytes }) => tableBytes + indexBytes);

/** One sample in a line, while the run goes on. */
export function fillLine(sample: FillSample): string {
  const { orderBytes, productBytes } = sample.resident;
  return `${inUnits(sample.stored).padStart(9)} stored, ${inUnits(sample.perSecond)}/s, ${Math.round(microsecondsEach(sample))} µs each, order ${inMiB(orderBytes)} MiB, product ${inMiB(productBytes)} MiB`;
}

/** A table with every sample, the largest tables of the database, and whether rate, cost and memory stayed where they began. */
export function fillReport({ samples, atRest }: Filled): string {
  const head = ["stored", "orders/s", "p99 ms", "CPU µs each", "order µs", "product µs", "postgres µs", "order MiB", "product MiB", "tables MiB", "indexes MiB", "outboxes MiB"];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const sample of samples) {
    const { resident, relations, cores, perSecond } = sample;
    table.push([
      inUnits(sample.stored),
      inUnits(perSecond),
      sample.p99Ms.toFixed(0),
      ...[microsecondsEach(sample), ...[cores.order, cores.product, cores.postgres].map((value) => (value * 1_000_000) / perSecond)].map(inUnits),
      ...[resident.orderBytes, resident.productBytes, sum(relations, ({ tableBytes }) => tableBytes), sum(relations, ({ indexBytes }) => indexBytes), outboxBytes(relations)].map(inMiB),
    ]);
  }
  return [table.toString(), "", sizes(samples), "", verdict(samples, atRest)].join("\n");
}

function sizes(samples: readonly FillSample[]): string {
  const last = samples.at(-1);
  const table = new Table({ head: ["largest tables", "table MiB", "indexes MiB", "bytes per order"], style: { head: [], border: [] } });
  for (const { name, tableBytes, indexBytes } of last?.relations.slice(0, largest) ?? []) {
    table.push([name, inMiB(tableBytes), inMiB(indexBytes), inUnits((tableBytes + indexBytes) / (last?.stored ?? 1))]);
  }
  return table.toString();
}

const memoryInWords = (order: number, product: number): string => `${Math.round(order)} and ${Math.round(product)} MiB${Math.max(order, product) > memoryGoalMiB ? `: over ${memoryGoalMiB}` : ""}`;

function verdict(samples: readonly FillSample[], atRest: FillSample["resident"]): string {
  const tenth = Math.max(1, Math.round(samples.length / 10));
  const ratio = (of: (sample: FillSample) => number): number => median(samples.slice(-tenth).map(of)) / median(samples.slice(0, tenth).map(of));
  const most = (of: (sample: FillSample) => number): number => Math.max(...samples.map(of).map(toMiB));
  const lines = [
    ["orders/s, last tenth : first tenth", ratio(({ perSecond }) => perSecond).toFixed(2)],
    ["CPU per order, last tenth : first tenth", ratio(microsecondsEach).toFixed(2)],
    ["resident memory of order and product, most", memoryInWords(most(({ resident }) => resident.orderBytes), most(({ resident }) => resident.productBytes))],
    ["the same after a minute without calls", memoryInWords(toMiB(atRest.orderBytes), toMiB(atRest.productBytes))],
  ] as const;
  return lines.map(([name, value]) => `${name.padEnd(42)} ${value}`).join("\n");
}
