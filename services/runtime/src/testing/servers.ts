import { inject } from "vitest";

/** The real servers that tests can ask for. */
export type ServerName = "postgres" | "redis" | "nats";

/** A server that runs for the whole test run, or why there is none. */
export type ProvidedServer = { readonly url: string } | { readonly skipped: string };

declare module "vitest" {
  interface ProvidedContext {
    /** Where the test run's broker starts servers on demand (infra/test/global-setup.ts); absent outside a run of the project. */
    serverBroker: string | undefined;
  }
}

/** Starting a server may mean to install or build it first. */
const START_TIMEOUT_MS = 15 * 60_000;

/** Asks the test run for a server; the first one to ask has it started, and the whole run shares it. */
export async function askForServer(name: ServerName): Promise<ProvidedServer> {
  const broker = inject("serverBroker");
  if (broker === undefined) {
    return { skipped: `no ${name}: the tests run without the project's global set-up` };
  }
  const answer = await fetch(`${broker}/${name}`, { signal: AbortSignal.timeout(START_TIMEOUT_MS) });
  if (!answer.ok) {
    throw new Error(`${name} did not start: ${await answer.text()}`);
  }
  return (await answer.json()) as ProvidedServer;
}

/** An empty PGlite cluster, which the run makes once; undefined outside a run of the project. */
export async function askForPgliteTemplate(): Promise<Blob | undefined> {
  const broker = inject("serverBroker");
  if (broker === undefined) {
    return undefined;
  }
  const answer = await fetch(`${broker}/pglite-template`, { signal: AbortSignal.timeout(START_TIMEOUT_MS) });
  return answer.ok ? answer.blob() : undefined;
}
