import { skipReason, type ConformanceCase } from "./conformance-case.ts";
import type { World } from "./world/world.ts";

/** How a case ended. */
export interface CaseResult {
  readonly name: string;
  readonly protocol: "rest" | "grpc";
  readonly outcome: "passed" | "failed" | "skipped";
  /** What failed, or why it was skipped. */
  readonly detail?: string;
  readonly durationMs: number;
}

const defaultTimeoutMs = 30_000;

/** Runs the cases one after the other. `onResult` is told of each at once. */
export async function runCases(world: World, cases: readonly ConformanceCase[], onResult: (result: CaseResult) => void = () => {}): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (const conformanceCase of cases) {
    const result = await runCase(world, conformanceCase);
    results.push(result);
    onResult(result);
  }
  return results;
}

async function runCase(world: World, conformanceCase: ConformanceCase): Promise<CaseResult> {
  const { name } = conformanceCase;
  const { protocol } = world.caller;
  const skipped = skipReason(conformanceCase, world.platform, protocol);
  if (skipped !== undefined) return { name, protocol, outcome: "skipped", detail: skipped, durationMs: 0 };
  const started = performance.now();
  const end = (outcome: "passed" | "failed", detail?: string): CaseResult => ({
    name,
    protocol,
    outcome,
    ...(detail === undefined ? {} : { detail }),
    durationMs: Math.round(performance.now() - started),
  });
  const timeoutMs = conformanceCase.timeoutMs ?? defaultTimeoutMs;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([conformanceCase.run(world), timeout]);
    return end("passed");
  } catch (error) {
    return end("failed", error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    clearTimeout(timer);
  }
}
