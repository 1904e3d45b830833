import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

/** What a process has used, as /proc tells it (Linux only). */
export interface ProcessUsage {
  /** User and system time of the process since its start. */
  readonly cpuSeconds: number;
  /** Resident memory now. */
  readonly residentBytes: number;
  /** Most resident memory since the process began, or since `resetPeak`. */
  readonly peakResidentBytes: number;
}

const ticksPerSecond = readTicksPerSecond();

/** Reads the usage of a process that runs. Throws where there is no such process, or no /proc. */
export function usageOf(pid: number): ProcessUsage {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const [userTicks = 0, systemTicks = 0] = statFields(pid).slice(11, 13);
  return { cpuSeconds: (userTicks + systemTicks) / ticksPerSecond, residentBytes: kibibytesOf(status, "VmRSS") * 1_024, peakResidentBytes: kibibytesOf(status, "VmHWM") * 1_024 };
}

/** CPU time of the children of this process that have ended: so much went to the load generator. */
export function endedChildrenCpuSeconds(): number {
  const [userTicks = 0, systemTicks = 0] = statFields(process.pid).slice(13, 15);
  return (userTicks + systemTicks) / ticksPerSecond;
}

/** Starts the peak of the resident memory anew, where the kernel lets us. */
export function resetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
  } catch {
    // The peak is then that of the whole life of the process: higher, never lower.
  }
}

/** Fields of /proc/<pid>/stat from the third on: the second is a name in parentheses that may hold anything. */
function statFields(pid: number): number[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
}

function kibibytesOf(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? Number.NaN);
}

function readTicksPerSecond(): number {
  try {
    return Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  } catch {
    return 100;
  }
}
