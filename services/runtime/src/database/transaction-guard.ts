import type { QueryResult, Statement, Transaction, TransactionOptions } from "./database.ts";

const ISOLATION = {
  "read committed": "READ COMMITTED",
  "repeatable read": "REPEATABLE READ",
  serializable: "SERIALIZABLE",
} as const;

/** The BEGIN of a transaction with these options. */
export function beginSql(options: TransactionOptions): string {
  return `BEGIN ISOLATION LEVEL ${ISOLATION[options.isolation ?? "read committed"]} ${options.readOnly === true ? "READ ONLY" : "READ WRITE"}`;
}

/** Hands out a transaction that runs its statements in the order of the calls and refuses them once it has ended. */
export interface TransactionGuard {
  readonly tx: Transaction;
  /** No more statements; resolves when those that were sent have settled. */
  end(): Promise<void>;
}

export interface TransactionGuardOptions {
  readonly signal?: AbortSignal | undefined;
  /** For a database that keeps the order of statements that are sent before the last one is answered; otherwise each waits for the one before. */
  readonly pipeline?: {
    /** Sends COMMIT behind what was sent. */
    readonly commit: () => void;
  };
}

/**
 * The signal is looked at between statements: one that is running is bounded by the statement time-out. With a pipeline, `run` sends its statement before
 * it returns, or throws.
 */
export function createTransactionGuard(
  run: (statement: Statement, values: readonly unknown[]) => Promise<QueryResult>,
  { signal, pipeline }: TransactionGuardOptions,
): TransactionGuard {
  let ended = false;
  let underWay = 0;
  let last: Promise<unknown> = Promise.resolve();
  const settled = (): void => {
    underWay--;
  };
  const send = (statement: Statement, values: readonly unknown[]): Promise<QueryResult> => {
    signal?.throwIfAborted();
    return run(statement, values);
  };
  return {
    tx: {
      isTransaction: true,
      async query(statement, values) {
        if (ended) {
          throw new Error("the transaction has ended");
        }
        const previous = last;
        const current = pipeline === undefined ? previous.then(() => send(statement, values)) : send(statement, values);
        underWay++;
        current.then(settled, settled);
        last = Promise.allSettled([previous, current]);
        return current;
      },
      commit(statements) {
        if (ended || underWay !== statements) return;
        ended = true;
        pipeline?.commit();
      },
    },
    async end() {
      ended = true;
      await last;
    },
  };
}

/** Rejects where `work` takes longer than `timeoutMs`; `what` names the one that is late. */
export async function withTimeout<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
