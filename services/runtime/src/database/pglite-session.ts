import { type PGlite, type messages as Messages, protocol } from "@electric-sql/pglite";
import type { QueryResult, Statement } from "./database.ts";
import { ELEMENT_TYPE_SQL, createRowDecoder, encodeValue } from "./values.ts";

const { serialize, messages } = protocol;

/** PGlite's one session. Callers see to it that only one call runs at a time. */
export interface PgliteSession {
  run(statement: Statement, values: readonly unknown[]): Promise<QueryResult>;
  /** Runs one command without parameters or rows; answers its tag, for example "COMMIT". */
  command(sql: string): Promise<string>;
}

/**
 * Speaks the extended query protocol with PGlite directly: one call per statement, prepared once by name, where
 * `PGlite.query` makes six calls and plans anew each time.
 */
export function createPgliteSession(pglite: PGlite): PgliteSession {
  const prepared = new Map<string, string>();
  const decoder = createRowDecoder();

  async function exchange(request: Uint8Array): Promise<Messages.BackendMessage[]> {
    return pglite.execProtocolStream(request, { throwOnError: false, syncToFs: false });
  }

  async function raw({ name, text }: Statement, values: readonly unknown[]): Promise<RawResult> {
    const known = name === "" ? undefined : prepared.get(name);
    if (known !== undefined && known !== text) {
      throw new Error(`two statements are named ${name}`);
    }
    const answer = await exchange(
      Buffer.concat([
        ...(known === undefined ? [serialize.parse({ name, text })] : []),
        serialize.bind({ statement: name, values: values.map(encodeValue) }),
        serialize.describe({ type: "P" }),
        serialize.execute(),
        serialize.sync(),
      ]),
    );
    if (name !== "" && answer.some((message) => message.name === "parseComplete")) {
      prepared.set(name, text);
    }
    return collect(answer);
  }

  return {
    async run(statement, values) {
      const { rows, types, tag } = await raw(statement, values);
      await decoder.decode(rows, types, async (oid) => {
        const answer = await raw({ name: "", text: ELEMENT_TYPE_SQL }, [oid]);
        return Number(answer.rows[0]?.[0] ?? 0);
      });
      const counted = /\d+$/.exec(tag);
      return { rows, rowCount: counted === null ? rows.length : Number(counted[0]) };
    },
    async command(sql) {
      return collect(await exchange(serialize.query(sql))).tag;
    },
  };
}

interface RawResult {
  readonly rows: unknown[][];
  readonly types: readonly number[];
  readonly tag: string;
}

/** Throws the first error among the messages, without Postgres's fields that it does not have. */
function collect(answer: readonly Messages.BackendMessage[]): RawResult {
  const rows: unknown[][] = [];
  let types: readonly number[] = [];
  let tag = "";
  for (const message of answer) {
    if (message instanceof messages.DatabaseError) {
      // Made deep in the WASM callback: a stack from here says which query it was.
      Error.captureStackTrace(message, collect);
      throw message;
    }
    if (message instanceof messages.DataRowMessage) {
      rows.push(message.fields);
    } else if (message instanceof messages.RowDescriptionMessage) {
      types = message.fields.map((field) => field.dataTypeID);
    } else if (message instanceof messages.CommandCompleteMessage) {
      tag = message.text;
    }
  }
  return { rows, types, tag };
}

