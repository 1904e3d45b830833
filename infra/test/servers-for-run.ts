import type { ServerName } from "@flashdeal/runtime/testing";
import { type RunningServer, type Skipped, provideNats, providePostgres, provideRedis } from "../servers/index.ts";

const providers: Readonly<Record<ServerName, () => Promise<RunningServer | Skipped>>> = {
  postgres: providePostgres,
  redis: provideRedis,
  nats: provideNats,
};

/** The servers that a run can have. */
export const serverNames: readonly ServerName[] = Object.keys(providers) as ServerName[];

/** A server for tests: what the environment says of it (`TEST_<NAME>_URL`, `TEST_<NAME>_SKIPPED`), or else one of our own. */
export async function provideServer(name: ServerName): Promise<RunningServer | Skipped> {
  const skipped = process.env[`TEST_${name.toUpperCase()}_SKIPPED`];
  return skipped === undefined || skipped === "" ? providers[name]() : { skipped };
}

/** The servers of a whole run, which hands them to the programs that it starts. */
export interface ServersForRun {
  /** `TEST_<NAME>_URL` of each server that runs, `TEST_<NAME>_SKIPPED` with the reason for each that cannot be had. */
  readonly environment: Readonly<Record<string, string>>;
  /** Stops those that we started. */
  stop(): Promise<void>;
}

/** Provides every server at once. One that fails to start counts as a failure of the run: the others are stopped, and it throws. */
export async function startServersForRun(): Promise<ServersForRun> {
  const outcomes = await Promise.allSettled(serverNames.map(provideServer));
  const started = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" && "url" in outcome.value ? [outcome.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((server) => server.stop()));
  };
  const failure = outcomes.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) {
    await stop();
    throw failure.reason;
  }
  const entries = outcomes.flatMap((outcome, index) => {
    const variable = `TEST_${serverNames[index]?.toUpperCase()}`;
    if (outcome.status === "rejected") return [];
    return ["url" in outcome.value ? [`${variable}_URL`, outcome.value.url] : [`${variable}_SKIPPED`, outcome.value.skipped]];
  });
  return { environment: Object.fromEntries(entries), stop };
}
