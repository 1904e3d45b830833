import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks per second in /proc, which Linux has fixed for user space. */
const ticksPerSecond = 100;

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly seconds: number;
  /** Of children that have ended. */
  readonly endedSeconds: number;
}

/** CPU seconds that a process and its children have taken; undefined where there is no /proc. */
export function cpuSecondsOf(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined;
  try {
    const all = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (statOf(Number(name)) ?? []) : []));
    const own = (stat: ProcessStat): number => (stat.pid === pid ? stat.seconds + stat.endedSeconds : stat.parent === pid ? stat.seconds : 0);
    return all.reduce((sum, stat) => sum + own(stat), 0);
  } catch {
    return undefined;
  }
}

function statOf(pid: number): ProcessStat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the command, in parentheses, may hold anything.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const ticks = (first: number): number => Number(fields[first]) + Number(fields[first + 1]);
    return { pid, parent: Number(fields[1]), seconds: ticks(11) / ticksPerSecond, endedSeconds: ticks(13) / ticksPerSecond };
  } catch {
    return undefined;
  }
}
