import { type ClientConfig, type CustomTypesConfig, DatabaseError, Pool, type PoolClient, type QueryArrayConfig, type QueryArrayResult, type QueryConfig, type QueryResult as PgResult } from "pg";
import type { Logger } from "pino";
import type { Database, QueryResult, Statement, Transaction, TransactionOptions } from "./database.ts";
import { CommitOutcomeUnknownError, TransactionRolledBackError, isConnectionError } from "./errors.ts";
import { createPgSessions } from "./pg-session.ts";
import { beginSql, createTransactionGuard, withTimeout } from "./transaction-guard.ts";
import { ELEMENT_TYPE_SQL, type ElementTypeLookup, createRowDecoder, encodeValue } from "./values.ts";

export interface PgDatabaseOptions {
  /** `postgres://user:password@host:port/database`, with pg's query parameters such as `sslmode`. */
  readonly url: string;
  /** Most connections of the pool; listeners and advisory locks have one each beside it. Default: 10. */
  readonly maxConnections?: number;
  /** Longest wait for a connection, be it for a free one or for a new one. Default: 5 s. */
  readonly connectTimeoutMs?: number;
  /** The server cancels a statement after this long, and ends a transaction that idles as long. Default: 10 s. Not for `script`. */
  readonly statementTimeoutMs?: number;
  /** Shown in pg_stat_activity. Default: "flashdeal". */
  readonly applicationName?: string;
  readonly log: Logger;
}

/** Columns stay as the server's text: `values.ts` decodes them, here and in the other adapter. Nothing global is touched. */
const RAW_TYPES: CustomTypesConfig = { getTypeParser: () => (text: unknown) => text };

/** An unused connection is closed after this long. */
const IDLE_CONNECTION_MS = 30_000;

const READS = /^\s*(?:--[^\n]*\n\s*)*(?:SELECT|SHOW|VALUES|TABLE|WITH)\b/i;
const WRITES = /\b(?:INSERT|DELETE|MERGE|(?<!\b(?:FOR|KEY)\s+)UPDATE)\b/i;

/** Told by its words: a read that locks rows writes nothing, a `WITH` may. What a function does that it calls is not seen. */
function mayWrite({ text }: Statement): boolean {
  return !READS.test(text) || WRITES.test(text);
}

/**
 * Postgres through `pg`. Connects lazily: the first statement fails with the connection's error where nobody answers.
 * Every named statement is prepared once per connection. Statements of a transaction that do not wait for each other share a round trip, and
 * so do BEGIN and the first ones that do not write. A lost connection never ends the process; where it leaves open
 * whether something was written, the caller sees a `CommitOutcomeUnknownError`.
 */
export function createPgDatabase(options: PgDatabaseOptions): Database {
  const { log } = options;
  const statementTimeoutMs = options.statementTimeoutMs ?? 10_000;
  const connectTimeoutMs = options.connectTimeoutMs ?? 5_000;
  const clientConfig: ClientConfig = {
    connectionString: options.url,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    application_name: options.applicationName ?? "flashdeal",
    keepAlive: true,
    pipeline: true,
    // A plan that was made while a table was small reads all of it, and stays in use until the table is analyzed: minutes, in which a sale
    // may have stored a million rows. Where there is no index, a sequential scan is used still, and compiling it would not pay.
    options: "-c TimeZone=UTC -c DateStyle=ISO -c bytea_output=hex -c enable_seqscan=off -c jit=off",
  };
  const pool = new Pool({ ...clientConfig, max: options.maxConnections ?? 10, idleTimeoutMillis: IDLE_CONNECTION_MS });
  pool.on("error", (error) => log.warn({ err: error }, "an idle database connection ended"));
  const sessions = createPgSessions(clientConfig, log);
  const decoder = createRowDecoder();
  const texts = new Map<string, string>();
  let closing: Promise<void> | undefined;

  /** The statement is sent when this returns; throws where it cannot be. */
  function run(client: PoolClient, statement: Statement, values: readonly unknown[]): Promise<QueryResult> {
    checkName(statement);
    const sent = send<QueryArrayResult<unknown[]>>(client, {
      ...(statement.name === "" ? {} : { name: statement.name }),
      text: statement.text,
      values: values.map(encodeForPg),
      rowMode: "array",
      types: RAW_TYPES,
    });
    return sent.then((result) => decode(client, result));
  }

  /** pg, too, refuses two statements of one name, but not before the next turn, when others may have been sent behind. */
  function checkName({ name, text }: Statement): void {
    if (name === "") return;
    const known = texts.get(name);
    if (known === undefined) texts.set(name, text);
    else if (known !== text) throw new Error(`two statements are named ${name}`);
  }

  async function decode(client: PoolClient, result: QueryArrayResult<unknown[]>): Promise<QueryResult> {
    const lookUp: ElementTypeLookup = async (oid) => {
      const answer = await client.query<{ typelem: string }>(ELEMENT_TYPE_SQL, [oid]);
      return Number(answer.rows[0]?.typelem ?? 0);
    };
    await decoder.decode(result.rows, result.fields.map((field) => field.dataTypeID), lookUp);
    return { rows: result.rows, rowCount: result.rowCount ?? 0 };
  }

  /** A client that `work` discards or leaves in a transaction, or whose connection breaks, does not go back to the pool. */
  async function withClient<T>(work: (client: PoolClient, discard: () => void) => Promise<T>): Promise<T> {
    const client = await pool.connect();
    let broken = false;
    const discard = (): void => {
      broken = true;
    };
    client.on("error", discard);
    try {
      return await work(client, discard);
    } catch (error) {
      broken ||= error instanceof CommitOutcomeUnknownError || isConnectionError(error);
      throw error;
    } finally {
      client.off("error", discard);
      client.release(broken || client.getTransactionStatus() !== "I");
    }
  }

  async function transaction<T>(work: (tx: Transaction) => Promise<T>, txOptions: TransactionOptions = {}): Promise<T> {
    txOptions.signal?.throwIfAborted();
    return withClient(async (client, discard) => {
      txOptions.signal?.throwIfAborted();
      const begin = watch(send(client, beginSql(txOptions)));
      let committed: Promise<void> | undefined;
      let isRefused = false;
      const guard = createTransactionGuard(
        (statement, values) => {
          if (begin.error !== undefined) throw begin.error;
          const answer = run(client, statement, values);
          answer.catch((error: unknown) => void (isRefused ||= isAnswer(error)));
          return answer;
        },
        {
          signal: txOptions.signal,
          pipeline: {
            // Behind a BEGIN that fails it would be a transaction of its own.
            waitsFor: (statement) => (begin.isDone || !mayWrite(statement) ? undefined : begin.settled),
            commit: () => {
              committed = commit(client);
              committed.catch(() => undefined);
            },
          },
        },
      );
      let result: T;
      try {
        result = await work(guard.tx);
        await guard.end();
        await begin.settled;
        if (begin.error !== undefined) throw begin.error;
        if (committed === undefined) txOptions.signal?.throwIfAborted();
      } catch (error) {
        await guard.end();
        if (committed === undefined) await send(client, "ROLLBACK").catch(discard);
        else await rolledBack(committed).catch((unknown: unknown) => {
          // A statement that Postgres has refused is never committed, whatever became of the connection.
          discard();
          if (!isRefused || begin.error !== undefined) throw unknown;
        });
        throw error;
      }
      await (committed ?? commit(client));
      return result;
    });
  }

  return {
    async query(statement, values) {
      return withClient((client) =>
        run(client, statement, values).catch((error: unknown) => {
          throw isAnswer(error) || !mayWrite(statement) ? error : outcomeUnknown(error);
        }),
      );
    },
    transaction,
    async script(sql) {
      await withClient(async (client, discard) => {
        await client.query("SET statement_timeout = 0");
        try {
          await client.query(sql);
        } finally {
          await client.query("ROLLBACK; RESET statement_timeout").catch(discard);
        }
      });
    },
    tryAdvisoryLock: sessions.tryAdvisoryLock,
    listen: sessions.listen,
    async ping(timeoutMs) {
      await withTimeout(pool.query("SELECT 1"), timeoutMs, "the database");
    },
    close() {
      closing ??= Promise.all([pool.end(), sessions.close()]).then(() => undefined);
      return closing;
    },
  };
}

/**
 * A query by callback: of the promise that pg makes, a closure holds the query and its result, and both outlive the call until the next full
 * collection (see keep-garbage-young.ts; measured: all rows and buffers of every call).
 */
function send<Result = PgResult>(client: PoolClient, query: string | QueryArrayConfig | QueryConfig): Promise<Result> {
  let unsent: { readonly error: unknown } | undefined;
  let isSending = true;
  const answer = new Promise<Result>((resolve, reject) => {
    client.query(query as QueryConfig, (error: Error | null, result: unknown) => {
      if (error && isSending) unsent = { error };
      if (error) reject(error);
      else resolve(result as Result);
    });
  });
  isSending = false;
  if (unsent === undefined) return answer;
  answer.catch(() => undefined);
  throw unsent.error;
}

/** Whether it is over, and how it failed. `settled` never rejects. */
interface Watched {
  readonly settled: Promise<void>;
  readonly isDone: boolean;
  readonly error: unknown;
}

function watch(work: Promise<unknown>): Watched {
  const watched = { isDone: false, error: undefined as unknown };
  const settled = work.then(
    () => void (watched.isDone = true),
    (error: unknown) => void Object.assign(watched, { isDone: true, error }),
  );
  return Object.assign(watched, { settled });
}

async function commit(client: PoolClient): Promise<void> {
  let command: string;
  try {
    command = (await send(client, "COMMIT")).command;
  } catch (error) {
    throw isAnswer(error) ? error : outcomeUnknown(error);
  }
  if (command === "ROLLBACK") {
    throw new TransactionRolledBackError("a statement failed and its error was swallowed: the transaction was rolled back");
  }
}

/** Whether Postgres has said it, and lives on; anything else leaves open what became of what was sent. */
function isAnswer(error: unknown): boolean {
  return error instanceof DatabaseError && error.code !== undefined && !isConnectionError(error);
}

/** After a statement before the COMMIT failed: Postgres has rolled back, unless nobody knows. */
async function rolledBack(committed: Promise<void>): Promise<void> {
  await committed.catch((error: unknown) => {
    if (!(error instanceof TransactionRolledBackError)) throw error;
  });
}

function outcomeUnknown(cause: unknown): CommitOutcomeUnknownError {
  return new CommitOutcomeUnknownError("the connection broke before the database confirmed the write", { cause });
}

/** pg sends a Buffer in binary form but would write other byte arrays as text. */
function encodeForPg(value: unknown): string | Buffer | null {
  const encoded = encodeValue(value);
  return encoded instanceof Uint8Array ? Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength) : encoded;
}
