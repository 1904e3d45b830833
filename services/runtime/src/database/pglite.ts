import { PGlite } from "@electric-sql/pglite";
import type { Logger } from "pino";
import type { Database, Transaction, TransactionOptions } from "./database.ts";
import { TransactionRolledBackError } from "./errors.ts";
import { MutexTimeoutError, createMutex } from "./mutex.ts";
import { createDurableNodeFs } from "./pglite-fs.ts";
import { type ClaimedFolder, claimFolder } from "./pglite-folder.ts";
import { type PgliteSession, createPgliteSession } from "./pglite-session.ts";
import { readPreparedCluster, syncFolder } from "./prepared-cluster.ts";
import { beginSql, createTransactionGuard, withTimeout } from "./transaction-guard.ts";

export interface PgliteDatabaseOptions {
  /** Where the database lives; created where it does not exist. Undefined: in memory, gone with the process. */
  readonly folder: string | undefined;
  /**
   * The empty cluster that a new database begins with, as PGlite's `dumpDataDir` gives it: several times faster than to initialize
   * one. Default: the one that the installation has prepared, for a database in a folder; otherwise initialize one.
   */
  readonly template?: Blob;
  /** Longest wait for the one session: a query on the database inside its own transaction would wait for ever. Default: 30 s. */
  readonly acquireTimeoutMs?: number;
  readonly log: Logger;
}

/**
 * Postgres in this process (PGlite). It has one session, so transactions and queries take turns, and everything runs on
 * the event loop's thread. What `transaction` or `query` has answered is on the disk: see `createDurableNodeFs`.
 * Throws a `FolderUnusableError` where the folder cannot be used or a live process holds it.
 */
export async function createPgliteDatabase(options: PgliteDatabaseOptions): Promise<Database> {
  const { log } = options;
  const acquireTimeoutMs = options.acquireTimeoutMs ?? 30_000;
  const claimed = options.folder === undefined ? undefined : await claimFolder(options.folder);
  const pglite = await boot(claimed, options);
  const session = createPgliteSession(pglite);
  const mutex = createMutex();
  const heldLocks = new Set<bigint>();
  const listeners = createListeners(pglite, log);
  let closing: Promise<void> | undefined;

  async function exclusively<T>(work: () => Promise<T>): Promise<T> {
    if (closing !== undefined) {
      throw new Error("the database is closed");
    }
    try {
      return await mutex.run(work, acquireTimeoutMs);
    } catch (error) {
      if (error instanceof MutexTimeoutError) {
        throw new Error(`no turn on the database within ${acquireTimeoutMs} ms; is it queried inside its own transaction, not through tx?`, {
          cause: error,
        });
      }
      throw error;
    }
  }

  return {
    query: (statement, values) => exclusively(() => session.run(statement, values)),
    transaction: (work, txOptions = {}) => exclusively(() => runTransaction(session, work, txOptions)),
    script: (sql) =>
      exclusively(async () => {
        try {
          await session.command(sql);
        } finally {
          await session.command("ROLLBACK");
        }
      }),
    async tryAdvisoryLock(key) {
      if (closing !== undefined) {
        throw new Error("the database is closed");
      }
      // Postgres's own lock would be granted again to the same session; nobody else can be on this database.
      if (heldLocks.has(key)) {
        return undefined;
      }
      heldLocks.add(key);
      return {
        lost: new AbortController().signal,
        async release() {
          heldLocks.delete(key);
        },
      };
    },
    async listen(channel, onNotify) {
      const listener = listeners.add(channel, onNotify);
      if (listener.first) {
        await exclusively(() => session.command(`LISTEN ${quoteIdentifier(channel)}`));
      }
      return async () => {
        if (listener.remove() && closing === undefined) {
          await exclusively(() => session.command(`UNLISTEN ${quoteIdentifier(channel)}`));
        }
      };
    },
    async ping(timeoutMs) {
      await withTimeout(exclusively(() => session.run({ name: "", text: "SELECT 1" }, [])), timeoutMs, "the database");
    },
    close() {
      closing ??= (async () => {
        await mutex.idle();
        await pglite.close();
        await claimed?.release();
      })();
      return closing;
    },
  };
}

async function boot(claimed: ClaimedFolder | undefined, { template }: PgliteDatabaseOptions): Promise<PGlite> {
  try {
    if (claimed === undefined) return await PGlite.create({ startParams: startParams(PGlite.defaultStartParams), ...withTemplate(template) });
    if (claimed.exists) return await openIn(claimed.dataFolder, undefined);
    const pglite = await openIn(claimed.dataFolder, template ?? (await readPreparedCluster()));
    await syncFolder(claimed.dataFolder);
    await claimed.created();
    return pglite;
  } catch (error) {
    await claimed?.release();
    throw new Error(`the database${claimed === undefined ? "" : ` in ${claimed.dataFolder}`} does not start: ${describe(error)}`, {
      cause: error,
    });
  }
}

async function openIn(dataFolder: string, template: Blob | undefined): Promise<PGlite> {
  // PGlite's own start parameters begin with -F (no fsync): see createDurableNodeFs for why we drop it.
  const defaults = PGlite.defaultStartParams.filter((parameter) => parameter !== "-F");
  return PGlite.create({ startParams: startParams(defaults), fs: await createDurableNodeFs(dataFolder), ...withTemplate(template) });
}

function withTemplate(template: Blob | undefined): { readonly loadDataDir?: Blob } {
  return template === undefined ? {} : { loadDataDir: template };
}

function startParams(defaults: readonly string[]): string[] {
  const settings = ["TimeZone=UTC", "DateStyle=ISO", "bytea_output=hex", "wal_sync_method=fsync"];
  return [...defaults, ...settings.flatMap((setting) => ["-c", setting])];
}

async function runTransaction<T>(session: PgliteSession, work: (tx: Transaction) => Promise<T>, options: TransactionOptions): Promise<T> {
  options.signal?.throwIfAborted();
  await session.command(beginSql(options));
  const guard = createTransactionGuard(session.run, { signal: options.signal });
  let result: T;
  try {
    result = await work(guard.tx);
    await guard.end();
    options.signal?.throwIfAborted();
  } catch (error) {
    await guard.end();
    await session.command("ROLLBACK");
    throw error;
  }
  if ((await session.command("COMMIT")) === "ROLLBACK") {
    throw new TransactionRolledBackError("a statement failed and its error was swallowed: the transaction was rolled back");
  }
  return result;
}

type OnNotify = (payload: string | undefined) => void;

/** Knows who listens to what; the caller says LISTEN and UNLISTEN where it answers that it was the first or the last. */
function createListeners(pglite: PGlite, log: Logger): { add(channel: string, onNotify: OnNotify): { first: boolean; remove(): boolean } } {
  const byChannel = new Map<string, Set<{ onNotify: OnNotify }>>();
  pglite.onNotification((channel, payload) => {
    for (const { onNotify } of byChannel.get(channel) ?? []) {
      try {
        onNotify(payload);
      } catch (error) {
        log.error({ err: error, channel }, "a listener of database notifications threw");
      }
    }
  });
  return {
    add(channel, onNotify) {
      const listener = { onNotify };
      const others = byChannel.get(channel) ?? new Set();
      byChannel.set(channel, others.add(listener));
      return {
        first: others.size === 1,
        remove: () => others.delete(listener) && others.size === 0,
      };
    },
  };
}

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
