import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";

const running = new Set<ChildProcess>();

/** Starts a program that `interruptChildren` reaches while it runs. */
export function spawnChild(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(command, args, options);
  running.add(child);
  child.once("close", () => running.delete(child));
  return child;
}

/** Passes a signal on to the programs that run. */
export function interruptChildren(signal: NodeJS.Signals): void {
  for (const child of running) child.kill(signal);
}
