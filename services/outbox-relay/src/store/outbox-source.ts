import type { Database, Transaction } from "@flashdeal/runtime/database";
import { getCursor, insertCursor, updateCursor } from "./gen/cursors.sql.ts";
import {
  deletePublished,
  deleteRows,
  getHorizon,
  getNextTransactionId,
  listForeignRows,
  listWindow,
  setSearchPath,
  type ListWindowRow,
} from "./gen/outbox.sql.ts";

/**
 * How far a source is published: every row of a transaction before `transactionId`, and of the transactions from there up to
 * `windowEnd` (exclusive) the rows up to `position`. Both ends are equal while no window is open.
 */
export interface Cursor {
  readonly transactionId: bigint;
  readonly windowEnd: bigint;
  readonly position: bigint;
}

/** One event as it stands in an outbox. */
export type OutboxRow = ListWindowRow;

/** What to publish next. */
export interface OutboxBatch {
  /** In the order in which they must be published; at most the number that was asked for. */
  readonly rows: readonly OutboxRow[];
  /** Where the cursor stands once the rows are published. */
  readonly next: Cursor;
  /** Rows exist that become readable when an older transaction ends. */
  readonly waiting: boolean;
  /** Age of the oldest unpublished row; undefined where the batch goes on with an open window. */
  readonly oldestAgeSeconds: number | undefined;
}

/** The outbox of one schema, and the relay's place in it. */
export interface OutboxSource {
  /** The cursor as it is stored; a new source starts before every row. */
  readCursor(): Promise<Cursor>;
  /** Reads the rows that follow the cursor, and changes nothing. */
  readBatch(cursor: Cursor, maxRows: number): Promise<OutboxBatch>;
  /** Moves the cursor. False: it no longer stands at `from`, because another relay has moved it. */
  advance(from: Cursor, to: Cursor): Promise<boolean>;
  /** The first transaction id that this database server has not assigned. */
  nextTransactionId(): Promise<bigint>;
  /** Rows that another database server has stamped: their transaction ids are not assigned yet on this one. */
  readForeignRows(maxRows: number): Promise<readonly OutboxRow[]>;
  /** Deletes these rows; answers how many there were. */
  deleteRows(positions: readonly bigint[]): Promise<number>;
  /** Deletes published rows older than `retentionMs`, among the oldest `maxRows`; answers how many. */
  deletePublished(retentionMs: number, maxRows: number): Promise<number>;
}

/**
 * Reads an outbox in commit-safe order. A window is every transaction that had finished when it was opened and was not part of the one
 * before; no transaction can join it later, so a row that is committed late is never passed over. Inside a window the
 * order is that of `position`: writers insert their outbox row while they hold the aggregate's lock, so positions of one
 * aggregate follow its history, whereas transaction ids may not (an older transaction can wait for a younger one's lock).
 * Between windows the order holds as well: a transaction that had finished before another one did cannot have waited for it.
 */
export function createOutboxSource(database: Database, schema: string): OutboxSource {
  const inSchema = <T>(readOnly: boolean, work: (tx: Transaction) => Promise<T>): Promise<T> =>
    database.transaction(
      async (tx) => {
        await setSearchPath(tx, { schemaName: schema });
        return work(tx);
      },
      { readOnly },
    );
  return {
    async readCursor() {
      await insertCursor(database, { source: schema });
      const cursor = await getCursor(database, { source: schema });
      if (cursor === undefined) throw new Error(`the cursor of ${schema} vanished`);
      return cursor;
    },
    readBatch: (cursor, maxRows) => inSchema(true, (tx) => readBatch(tx, cursor, maxRows)),
    async advance(from, to) {
      const changed = await updateCursor(database, {
        source: schema,
        ...to,
        expectedTransactionId: from.transactionId,
        expectedWindowEnd: from.windowEnd,
        expectedPosition: from.position,
      });
      return changed === 1;
    },
    async nextTransactionId() {
      return (await getNextTransactionId(database))?.nextTransactionId ?? 0n;
    },
    readForeignRows: (maxRows) => inSchema(true, (tx) => listForeignRows(tx, { maxRows })),
    deleteRows: (positions) => inSchema(false, (tx) => deleteRows(tx, { positions })),
    deletePublished: (retentionMs, maxRows) =>
      inSchema(false, (tx) => deletePublished(tx, { source: schema, retentionSeconds: retentionMs / 1000, maxRows })),
  };
}

async function readBatch(tx: Transaction, cursor: Cursor, maxRows: number): Promise<OutboxBatch> {
  const open = cursor.windowEnd > cursor.transactionId;
  if (open) {
    const rows = await readWindow(tx, cursor, maxRows);
    if (rows.length > 0) return { rows, next: after(cursor, rows, maxRows), waiting: false, oldestAgeSeconds: undefined };
  }
  const transactionId = open ? cursor.windowEnd : cursor.transactionId;
  const horizon = await getHorizon(tx, { transactionId });
  if (horizon === undefined) throw new Error("the horizon has no row");
  const { waiting, oldestAgeSeconds } = horizon;
  if (horizon.firstPosition === 0n) {
    return { rows: [], next: open ? { ...cursor, transactionId } : cursor, waiting, oldestAgeSeconds };
  }
  const window = { transactionId, windowEnd: horizon.horizon, position: horizon.firstPosition - 1n };
  const rows = await readWindow(tx, window, maxRows);
  return { rows, next: after(window, rows, maxRows), waiting, oldestAgeSeconds };
}

function readWindow(tx: Transaction, window: Cursor, maxRows: number): Promise<OutboxRow[]> {
  const { transactionId, windowEnd, position } = window;
  return listWindow(tx, { afterPosition: position, transactionId, windowEnd, maxRows });
}

/** A short batch ends its window. */
function after(window: Cursor, rows: readonly OutboxRow[], maxRows: number): Cursor {
  const position = rows.at(-1)?.position ?? window.position;
  const transactionId = rows.length < maxRows ? window.windowEnd : window.transactionId;
  return { transactionId, windowEnd: window.windowEnd, position };
}
