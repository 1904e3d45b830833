/** A server that tests or the local stack use. */
export interface RunningServer {
  readonly url: string;
  /** Where it came from, for the reader of a log: "environment", the binary's path, or "docker". */
  readonly origin: string;
  /** Process id of a private server; undefined for one that we did not start, and inside Docker. */
  readonly pid: number | undefined;
  /** Kills it as a power cut would (SIGKILL), and resolves when it is gone. Throws for a server that is not ours. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data, stopping it first where it runs. Throws for a server that is not ours. */
  restart(): Promise<void>;
  /** Stops exactly this server and removes its temporary folder. Leaves a server that is not ours alone. Safe to call twice. */
  stop(): Promise<void>;
}

/** Why a server cannot be had on this machine. */
export interface Skipped {
  readonly skipped: string;
}

export interface ServerOptions {
  /** Port to listen on, on 127.0.0.1. Default: a free one. */
  readonly port?: number;
  /** Keeps its data here, also after `stop`. Default: a temporary folder that `stop` removes. */
  readonly folder?: string;
  /** Further settings in the server's own terms. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Told what takes long or changes the machine: a build, an installation. Default: writes to standard error. */
  readonly onNotice?: (message: string) => void;
}

/** The handle of a server that somebody else runs. */
export function foreignServer(url: string): RunningServer {
  return { url, origin: "environment", pid: undefined, kill: refuse, restart: refuse, stop: async () => {} };
}

async function refuse(): Promise<never> {
  throw new Error("this server was named by the environment: it is not ours to kill or restart");
}
