/**
 * The database port. Adapters: `createPgDatabase` (Postgres through pg) and `createPgliteDatabase` (Postgres in process,
 * on disk). Every statement that runs through it stands in sql/ and reaches this port through generated query functions.
 */

/** One SQL statement with `$1 …` placeholders. `name` is unique per process and names the prepared statement. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/**
 * The answer to one statement. Rows are arrays in column order: generated query functions turn them into typed objects.
 * Both adapters decode alike: bigint -> bigint, int2/int4/float -> number, numeric -> string, timestamptz -> Date,
 * bytea -> Uint8Array, json(b) -> value, uuid and enums -> string, arrays -> array of these, NULL -> null.
 */
export interface QueryResult {
  readonly rows: readonly (readonly unknown[])[];
  /** Rows returned, or rows changed where the statement returns none. */
  readonly rowCount: number;
}

/** What query functions take as their first argument: the database itself or a transaction on it. */
export interface Queryable {
  query(statement: Statement, values: readonly unknown[]): Promise<QueryResult>;
}

/** A transaction in progress. It ends with the callback it was handed to; using it later throws. */
export interface Transaction extends Queryable {
  readonly isTransaction: true;
  /**
   * COMMIT leaves right behind the statements that are under way, instead of a round trip after them, and there are no more. Where one of them fails, nothing is stored, as
   * ever; but what their answers say, or what `work` throws by itself after this, may take nothing back. Does nothing unless `underWay` says how many they are: one that could not
   * even be sent is missed so, and `work` throws its error.
   */
  commit(underWay: number): void;
}

export interface TransactionOptions {
  /** Default: "read committed". */
  readonly isolation?: "read committed" | "repeatable read" | "serializable";
  /** Default: false. */
  readonly readOnly?: boolean;
  /** Aborting before the work begins rejects with the signal's reason; aborting later rolls back. */
  readonly signal?: AbortSignal;
}

/** A session-level advisory lock that this process holds until `release` or until `lost` fires (connection gone). */
export interface AdvisoryLock {
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

export interface Database extends Queryable {
  /** Runs `work` in one transaction: commits when it resolves, rolls back when it throws, and then throws the same error. */
  transaction<T>(work: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Runs a script of several statements without parameters (migrations). */
  script(sql: string): Promise<void>;
  /** Takes a session-level advisory lock if it is free; undefined where another session holds it. */
  tryAdvisoryLock(key: bigint): Promise<AdvisoryLock | undefined>;
  /**
   * Calls `onNotify` for every NOTIFY on `channel`, and once after each reconnect (`payload` undefined), since
   * notifications may have been missed. Resolves, when listening, to the function that stops it.
   */
  listen(channel: string, onNotify: (payload: string | undefined) => void): Promise<() => Promise<void>>;
  /** Resolves when the database answers; throws where it does not within `timeoutMs`. */
  ping(timeoutMs: number): Promise<void>;
  /** Waits for running work, then ends every connection. Safe to call twice. */
  close(): Promise<void>;
}
