import { Client, type ClientConfig } from "pg";
import type { Logger } from "pino";
import type { AdvisoryLock } from "./database.ts";

/** Pauses between attempts to listen again, in milliseconds; the last one repeats. */
const RECONNECT_BACKOFF_MS: readonly number[] = [50, 100, 250, 500, 1000, 2000, 5000];

/** How often a dedicated connection is asked whether it still lives, and how long it may take to say so. */
const HEARTBEAT_INTERVAL_MS = 5_000;
const HEARTBEAT_TIMEOUT_MS = 5_000;

/** Sessions of their own beside the pool: what they hold must neither hinder nor be hindered by the pool's queries. */
export interface PgSessions {
  listen(channel: string, onNotify: (payload: string | undefined) => void): Promise<() => Promise<void>>;
  tryAdvisoryLock(key: bigint): Promise<AdvisoryLock | undefined>;
  close(): Promise<void>;
}

/** `config` is the pool's, without what only a pool understands. */
export function createPgSessions(config: ClientConfig, log: Logger): PgSessions {
  const open = new Set<() => Promise<void>>();
  const tracked = (end: () => Promise<void>): (() => Promise<void>) => {
    const once = async (): Promise<void> => {
      if (open.delete(once)) {
        await end();
      }
    };
    open.add(once);
    return once;
  };
  return {
    async listen(channel, onNotify) {
      return tracked(await startListening(config, channel, onNotify, log));
    },
    async tryAdvisoryLock(key) {
      const lost = new AbortController();
      const session = await connect(config, () => lost.abort(new Error(`connection of advisory lock ${key} ended`)));
      try {
        const answer = await session.client.query<{ locked: boolean }>("SELECT pg_try_advisory_lock($1) AS locked", [String(key)]);
        if (answer.rows[0]?.locked !== true) {
          await session.end();
          return undefined;
        }
      } catch (error) {
        await session.end();
        throw error;
      }
      return { lost: lost.signal, release: tracked(session.end) };
    },
    async close() {
      await Promise.all([...open].map((end) => end()));
    },
  };
}

interface Session {
  readonly client: Client;
  /** Ends the connection on purpose: `onLost` is not called. Ending it also frees its advisory locks. */
  end(): Promise<void>;
}

/** Connects, and calls `onLost` once when the connection ends for whatever reason, or stops answering. */
async function connect(config: ClientConfig, onLost: () => void): Promise<Session> {
  const client = new Client({ ...config, statement_timeout: 0, idle_in_transaction_session_timeout: 0 });
  let ended = false;
  let heartbeat: NodeJS.Timeout | undefined;
  const finish = (): void => {
    clearInterval(heartbeat);
    if (!ended) {
      ended = true;
      onLost();
    }
  };
  client.on("error", finish);
  client.on("end", finish);
  try {
    await client.connect();
  } catch (error) {
    ended = true;
    await client.end().catch(() => undefined);
    throw error;
  }
  heartbeat = setInterval(() => {
    const overdue = setTimeout(finish, HEARTBEAT_TIMEOUT_MS);
    client
      .query("SELECT 1")
      .catch(finish)
      .finally(() => clearTimeout(overdue));
  }, HEARTBEAT_INTERVAL_MS);
  heartbeat.unref();
  return {
    client,
    async end() {
      ended = true;
      clearInterval(heartbeat);
      await client.end().catch(() => undefined);
    },
  };
}

async function startListening(
  config: ClientConfig,
  channel: string,
  onNotify: (payload: string | undefined) => void,
  log: Logger,
): Promise<() => Promise<void>> {
  const stopped = new AbortController();
  let session: Session | undefined;
  let retry: NodeJS.Timeout | undefined;

  const notify = (payload: string | undefined): void => {
    try {
      onNotify(payload);
    } catch (error) {
      log.error({ err: error, channel }, "a listener of database notifications threw");
    }
  };
  const begin = async (): Promise<void> => {
    const begun = await connect(config, () => {
      session = undefined;
      if (!stopped.signal.aborted) {
        log.warn({ channel }, "lost the connection that listens for notifications");
        again(0);
      }
    });
    try {
      begun.client.on("notification", (message) => {
        if (message.channel === channel) {
          notify(message.payload ?? "");
        }
      });
      await begun.client.query(`LISTEN ${begun.client.escapeIdentifier(channel)}`);
    } catch (error) {
      await begun.end();
      throw error;
    }
    if (stopped.signal.aborted) {
      await begun.end();
      return;
    }
    session = begun;
  };
  const again = (attempt: number): void => {
    const pauseMs = RECONNECT_BACKOFF_MS[Math.min(attempt, RECONNECT_BACKOFF_MS.length - 1)];
    retry = setTimeout(() => {
      begin().then(
        () => !stopped.signal.aborted && notify(undefined),
        (error: unknown) => {
          if (!stopped.signal.aborted) {
            log.warn({ err: error, channel, attempt }, "cannot listen for notifications yet");
            again(attempt + 1);
          }
        },
      );
    }, pauseMs);
  };

  await begin();
  return async () => {
    stopped.abort();
    clearTimeout(retry);
    await session?.end();
  };
}
