import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Skipped } from "@flashdeal/infra/servers";
import { goVersion, provideTool } from "@flashdeal/infra/tools";
import { createReleaseStack, type ReleaseStack } from "@flashdeal/runtime/lifecycle";
import { startBacking } from "./backing.ts";
import { runGhz } from "./ghz.ts";
import type { AbOptions } from "./options.ts";
import { endedChildrenCpuSeconds, resetPeak, usageOf } from "./process-usage.ts";
import type { AbResult, Round, RunMeasurement } from "./report.ts";
import { differentAnswers } from "./same-answers.ts";
import { abServices, type AbService, type MeasuredRpc } from "./services.ts";
import { startSide, type Side } from "./side.ts";

const stopTimeoutMs = 20_000;

/** Measures, or says what is missing on this machine for it. Throws where the two sides answer differently or a call fails. */
export async function runAb(options: AbOptions, notice: (line: string) => void): Promise<AbResult | Skipped> {
  const service = abServices[options.service];
  const rpc = service?.rpcs[options.rpc ?? Object.keys(service.rpcs)[0] ?? ""];
  if (service === undefined || rpc === undefined) throw new Error(`there is nothing to compare of ${options.service}`);
  if (process.platform !== "linux") return { skipped: "CPU time and memory of the processes are read from /proc, which only Linux has" };
  if (goVersion() === undefined) return { skipped: "there is no Go toolchain to build the Go implementation with" };
  const ghz = provideTool("ghz", (tool) => notice(`building ${tool.name} ${tool.version} once, which takes a minute`));
  if ("skipped" in ghz) return ghz;
  const stack = createReleaseStack(stopTimeoutMs);
  try {
    const sides = await startSides(service, options, stack, notice);
    return "skipped" in sides ? sides : await measure(service, rpc, sides, { ...options, ghz: ghz.path }, notice);
  } finally {
    for (const error of await stack.release()) notice(String(error));
  }
}

/** Starts both implementations over the same stores, filled with `keys` pieces of data. `stack` stops them. */
export async function startSides(service: AbService, options: Pick<AbOptions, "keys">, stack: ReleaseStack, notice: (line: string) => void): Promise<readonly [Side, Side] | Skipped> {
  const binFolder = mkdtempSync(join(tmpdir(), "flashdeal-ab-"));
  stack.push("binaries", () => rmSync(binFolder, { recursive: true, force: true }));
  const backing = await startBacking(stack);
  if ("skipped" in backing) return backing;
  const [first, second] = service.implementations;
  const a = await startSide(service, first, backing, binFolder, stack);
  if ("skipped" in a) return a;
  const b = await startSide(service, second, backing, binFolder, stack);
  if ("skipped" in b) return b;
  await service.seed(backing, [a.transport, b.transport], options.keys);
  notice(`${service.name}: ${first} and ${second} run and know the same ${options.keys} keys`);
  return [a, b];
}

async function measure(
  service: AbService,
  rpc: MeasuredRpc,
  sides: readonly [Side, Side],
  options: AbOptions & { readonly ghz: string },
  notice: (line: string) => void,
): Promise<AbResult> {
  const differences = await differentAnswers(service.samples, [sides[0].transport, sides[1].transport]);
  if (differences.length > 0) {
    const shown = differences.map(({ sample, answers }) => `  ${sample}:\n    ${answers.map((answer) => show(answer)).join("\n    ")}`);
    throw new Error(`The two implementations answer differently:\n${shown.join("\n")}`);
  }
  notice(`both answer the same to ${service.samples.length} calls, good and bad ones`);
  const load = { ...options, call: rpc.call, requests: rpc.requests(options.keys) };
  for (const { address } of sides) await runGhz({ ...load, address, seconds: options.warmUpSeconds });
  const rounds: Round[] = [];
  for (let index = 0; index < options.rounds; index++) {
    // Whoever goes second finds a warmer machine: they take turns in that too.
    const order = index % 2 === 0 ? sides : sides.toReversed();
    const measured: [string, RunMeasurement][] = [];
    for (const side of order) measured.push([side.implementation, await measureRun(side, load)]);
    rounds.push(Object.fromEntries(measured) as Round);
    notice(`round ${index + 1} of ${options.rounds}: ${measured.map(([name, run]) => `${name} ${Math.round(run.callsPerSecond)}/s`).join(", ")}`);
  }
  const { ghz: _, ...printed } = options;
  return { options: printed, call: rpc.call, sides: service.implementations, rounds };
}

async function measureRun(side: Side, load: Omit<Parameters<typeof runGhz>[0], "address">): Promise<RunMeasurement> {
  resetPeak(side.pid);
  const before = usageOf(side.pid);
  const generatorBefore = endedChildrenCpuSeconds();
  const result = await runGhz({ ...load, address: side.address });
  const after = usageOf(side.pid);
  if (Object.keys(result.failures).length > 0) throw new Error(`calls of ${side.implementation} failed: ${JSON.stringify(result.failures)}`);
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
  const { callsPerSecond, p50Ms, p99Ms, calls } = result;
  return {
    callsPerSecond,
    p50Ms,
    p99Ms,
    calls,
    cpuSeconds,
    callsPerCpuSecond: calls / cpuSeconds,
    cpuMicrosPerCall: (cpuSeconds * 1_000_000) / calls,
    residentMiB: after.peakResidentBytes / 1024 ** 2,
    generatorCpuSeconds: endedChildrenCpuSeconds() - generatorBefore,
  };
}

function show(answer: unknown): string {
  return JSON.stringify(answer, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value)).slice(0, 600);
}
