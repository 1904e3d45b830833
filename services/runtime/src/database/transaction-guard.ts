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

/** Of a database that keeps the order of statements that are sent before the last one is answered. */
export interface Pipeline {
  /** What a statement waits for before it is sent, and those behind it with it; undefined: nothing. */
  waitsFor(statement: Statement): Promise<void> | undefined;
  /** Sends COMMIT behind what was sent. */
  commit(): void;
}

export interface TransactionGuardOptions {
  readonly signal?: AbortSignal | undefined;
  /** Without one each statement waits for the one before. */
  readonly pipeline?: Pipeline;
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
  let waiting = 0;
  let lastSent: Promise<void> = Promise.resolve();
  let last: Promise<unknown> = Promise.resolve();
  const settled = (): void => {
    underWay--;
  };
  const count = (answer: Promise<QueryResult>): Promise<QueryResult> => {
    underWay++;
    answer.then(settled, settled);
    return answer;
  };
  const send = (statement: Statement, values: readonly unknown[]): Promise<QueryResult> => {
    signal?.throwIfAborted();
    return run(statement, values);
  };
  const sendInOrder = ({ waitsFor }: Pipeline, statement: Statement, values: readonly unknown[]): Promise<QueryResult> => {
    const ahead = waiting > 0 ? lastSent : waitsFor(statement);
    if (ahead === undefined) return count(send(statement, values));
    waiting++;
    const sent = ahead.then(() => {
      waiting--;
      return { answer: count(send(statement, values)) };
    });
    lastSent = sent.then(ignore, ignore);
    return sent.then(({ answer }) => answer);
  };
  return {
    tx: {
      isTransaction: true,
      async query(statement, values) {
        if (ended) {
          throw new Error("the transaction has ended");
        }
        const previous = last;
        const current = pipeline === undefined ? count(previous.then(() => send(statement, values))) : sendInOrder(pipeline, statement, values);
        last = Promise.allSettled([previous, current]);
        return current;
      },
      commit(statements) {
        if (ended || waiting > 0 || underWay !== statements) return;
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

function ignore(): void {}

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
