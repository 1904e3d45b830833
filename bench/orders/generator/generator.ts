import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { JobResult, LoadJob } from "./job.ts";

/** The load generator's process. */
export interface Generator {
  run(job: LoadJob): Promise<JobResult>;
  stop(): void;
}

/** Starts the generator in a process of its own, so that it does not slow the bookkeeping, nor that the generator. */
export function startGenerator(): Generator {
  const child: ChildProcess = fork(fileURLToPath(new URL("main.ts", import.meta.url)));
  return {
    async run(job) {
      child.send(job);
      const [answer] = (await once(child, "message")) as [{ readonly result?: JobResult; readonly error?: string }];
      if (answer.result === undefined) throw new Error(`the generator failed: ${answer.error}`);
      return answer.result;
    },
    stop: () => void child.kill(),
  };
}
