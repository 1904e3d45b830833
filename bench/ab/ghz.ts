import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BinaryWriter } from "@bufbuild/protobuf/wire";

/** How a run loads a server. */
export interface LoadOptions {
  /** Path of ghz. */
  readonly ghz: string;
  /** `host:port`. ghz asks the server for its descriptors. */
  readonly address: string;
  /** `package.Service/Method`. */
  readonly call: string;
  /** Requests in binary form, sent in turn. */
  readonly requests: readonly Uint8Array[];
  readonly seconds: number;
  /** Calls that wait for their answer at once. */
  readonly concurrency: number;
  readonly connections: number;
}

/** What a run measured. */
export interface LoadResult {
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Calls that did not end with OK, by status. */
  readonly failures: Readonly<Record<string, number>>;
}

interface GhzReport {
  readonly count: number;
  readonly rps: number;
  readonly latencyDistribution?: readonly { readonly percentage: number; readonly latency: number }[];
  readonly statusCodeDistribution?: Readonly<Record<string, number>>;
}

const nanosPerMs = 1_000_000;

/** Runs ghz against a server; throws with what it printed where it fails. Calls that the end of the run cuts off are not counted. */
export async function runGhz(options: LoadOptions): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), "flashdeal-ghz-"));
  try {
    const dataFile = join(folder, "requests.bin");
    writeFileSync(dataFile, countPrefixed(options.requests));
    const report = JSON.parse(
      await output(options.ghz, [
        "--insecure",
        `--call=${options.call}`,
        `--binary-file=${dataFile}`,
        "--format=json",
        `--duration=${options.seconds}s`,
        "--duration-stop=ignore",
        `--concurrency=${options.concurrency}`,
        `--connections=${options.connections}`,
        options.address,
      ]),
    ) as GhzReport;
    const latency = (percentage: number) => (report.latencyDistribution?.find((entry) => entry.percentage === percentage)?.latency ?? Number.NaN) / nanosPerMs;
    const failures = Object.fromEntries(Object.entries(report.statusCodeDistribution ?? {}).filter(([status]) => status !== "OK"));
    return { calls: report.count, callsPerSecond: report.rps, p50Ms: latency(50), p99Ms: latency(99), failures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The form in which ghz takes several binary messages: each after its length. */
export function countPrefixed(messages: readonly Uint8Array[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const message of messages) writer.bytes(message);
  return writer.finish();
}

async function output(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const chunks: { readonly out: Buffer[]; readonly error: Buffer[] } = { out: [], error: [] };
  child.stdout.on("data", (chunk: Buffer) => chunks.out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.error.push(chunk));
  const [code] = (await once(child, "close")) as [number | null];
  const text = Buffer.concat(chunks.out).toString();
  if (code !== 0) throw new Error(`ghz failed (${code}): ${Buffer.concat(chunks.error).toString()}${text}`.slice(0, 2_000));
  return text;
}
