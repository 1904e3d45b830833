import type { Database, Transaction } from "@flashdeal/runtime/database";
import { getCursor, insertCursor, isForeignSnapshot, updateCursor } from "./gen/cursors.sql.ts";
import {
  deletePublished,
  deleteRows,
  listForeignRows,
  listNewRows,
  listWindowRows,
  setSearchPath,
  type ListWindowRowsRow,
} from "./gen/outbox.sql.ts";

/**
 * How far a source is published: every row that the snapshot `published` sees, and of those that `windowEnd` sees beyond it,
 * the rows up to `position`. Both snapshots are equal while no window is open. They are Postgres's `pg_snapshot` as text.
 */
export interface Cursor {
  readonly published: string;
  readonly windowEnd: string;
  readonly position: bigint;
}

/** The cursor that stands before every row: its snapshot sees no transaction. */
export const firstCursor: Cursor = { published: "1:1:", windowEnd: "1:1:", position: 0n };

/** One event as it stands in an outbox. */
export type OutboxRow = ListWindowRowsRow;

/** What to publish next. */
export interface OutboxBatch {
  /** In the order in which they must be published; at most the number that was asked for. */
  readonly rows: readonly OutboxRow[];
  /** Where the cursor stands once the rows are published. */
  readonly next: Cursor;
  /** Age of the oldest unpublished row, 0 where there is none; undefined where the batch goes on with an open window. */
  readonly oldestAgeSeconds: number | undefined;
}

/** The outbox of one schema, and the relay's place in it. */
export interface OutboxSource {
  /** The cursor as it is stored; a new source starts before every row. */
  readCursor(): Promise<Cursor>;
  /** Whether the cursor comes from another database server, whose transaction ids went further than this one's. */
  isForeign(cursor: Cursor): Promise<boolean>;
  /** Reads the rows that follow the cursor, and changes nothing. */
  readBatch(cursor: Cursor, maxRows: number): Promise<OutboxBatch>;
  /** Moves the cursor. False: it no longer stands at `from`, because another relay has moved it. */
  advance(from: Cursor, to: Cursor): Promise<boolean>;
  /** Rows that another database server has stamped: their transaction ids are not assigned yet on this one. */
  readForeignRows(maxRows: number): Promise<readonly OutboxRow[]>;
  /** Deletes these rows; answers how many there were. */
  deleteRows(positions: readonly bigint[]): Promise<number>;
  /** Deletes published rows older than `retentionMs`, among the oldest `maxRows`; answers how many. */
  deletePublished(retentionMs: number, maxRows: number): Promise<number>;
}

/**
 * Reads an outbox in commit-safe order, in windows: what one snapshot sees and the one before did not. Each committed row is
 * in exactly one window, however late it was committed, and no row waits for a transaction that has nothing to do with it. Inside a
 * window the order is that of `position`: writers insert their row while they hold the aggregate's lock, so the positions of an
 * aggregate follow its history. Between windows it holds as well: a transaction that waited for another's lock is
 * seen by no snapshot that does not see the other. Neither a plain `position >` nor an order by transaction id has both properties.
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
      await insertCursor(database, { source: schema, published: firstCursor.published });
      const cursor = await getCursor(database, { source: schema });
      if (cursor === undefined) throw new Error(`the cursor of ${schema} vanished`);
      return cursor;
    },
    async isForeign(cursor) {
      return (await isForeignSnapshot(database, { snapshot: cursor.windowEnd }))?.isForeign === true;
    },
    readBatch: (cursor, maxRows) => inSchema(true, (tx) => readBatch(tx, cursor, maxRows)),
    async advance(from, to) {
      const changed = await updateCursor(database, {
        source: schema,
        ...to,
        expectedPublished: from.published,
        expectedWindowEnd: from.windowEnd,
        expectedPosition: from.position,
      });
      return changed === 1;
    },
    readForeignRows: (maxRows) => inSchema(true, (tx) => listForeignRows(tx, { maxRows })),
    deleteRows: (positions) => inSchema(false, (tx) => deleteRows(tx, { positions })),
    deletePublished: (retentionMs, maxRows) =>
      inSchema(false, (tx) => deletePublished(tx, { source: schema, retentionSeconds: retentionMs / 1000, maxRows })),
  };
}

async function readBatch(tx: Transaction, cursor: Cursor, maxRows: number): Promise<OutboxBatch> {
  const { published, windowEnd, position } = cursor;
  const open = published !== windowEnd;
  if (open) {
    const rows = await listWindowRows(tx, { afterPosition: position, published, windowEnd, maxRows });
    if (rows.length > 0) return { rows, next: after(cursor, rows, maxRows), oldestAgeSeconds: undefined };
  }
  const rows = await listNewRows(tx, { published: windowEnd, maxRows });
  const [first] = rows;
  if (first === undefined) return { rows, next: open ? { ...cursor, published: windowEnd } : cursor, oldestAgeSeconds: 0 };
  const window = { published: windowEnd, windowEnd: first.snapshot, position };
  return { rows, next: after(window, rows, maxRows), oldestAgeSeconds: Math.max(...rows.map(({ ageSeconds }) => ageSeconds)) };
}

/** A batch that is not full ends its window. */
function after(window: Cursor, rows: readonly OutboxRow[], maxRows: number): Cursor {
  const position = rows.at(-1)?.position ?? window.position;
  return { published: rows.length < maxRows ? window.windowEnd : window.published, windowEnd: window.windowEnd, position };
}
