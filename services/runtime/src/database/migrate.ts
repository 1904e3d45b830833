import { access } from "node:fs/promises";
import { resolve, sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Postgrator from "postgrator";
import type { AdvisoryLock, Database } from "./database.ts";

export interface MigrateOptions {
  /** The schema that the migrations own; created where it does not exist. Its version is kept in `<schema>.schema_version`. */
  readonly schema: string;
  /** Holds `001.do.<name>.sql` and `001.undo.<name>.sql` … */
  readonly folder: string;
  /** Version to move to, also down. Default: the newest. */
  readonly version?: number;
  /** Longest wait for another process that migrates the same schema. Default: 60 s. */
  readonly lockTimeoutMs?: number;
}

/** What `migrate` did: the file names it ran, in order. */
export interface MigrateResult {
  readonly applied: readonly string[];
}

const LOCK_POLL_MS = 50;

/**
 * Brings a schema to its newest version. Processes that start at the same time take turns under an advisory lock. Each
 * migration and the row that records it are one transaction, so a crash leaves the schema at a whole version. A
 * migration that was applied and whose file has changed since is refused, and so is a schema that is newer than the folder.
 */
export async function migrate(database: Database, options: MigrateOptions): Promise<MigrateResult> {
  if (!/^[a-z][a-z0-9_]*$/.test(options.schema)) {
    throw new Error(`not a schema name: ${options.schema}`);
  }
  await access(options.folder);
  const lock = await waitForLock(database, options);
  try {
    return await run(database, options, lock);
  } finally {
    await lock.release();
  }
}

async function run(database: Database, { schema, folder, version }: MigrateOptions, lock: AdvisoryLock): Promise<MigrateResult> {
  await ensureSchema(database, schema);
  let pending: { file: string; sql: string } | undefined;
  let file = "";
  const postgrator = new Postgrator({
    driver: "pg",
    schemaTable: `${schema}.schema_version`,
    migrationPattern: `${globEscape(resolve(folder))}/*.sql`,
    newline: "LF",
    // Postgrator runs a migration and then records it; we keep the script until the record comes and run both as one.
    async execSqlScript(sql) {
      pending = { file, sql };
    },
    async execQuery(sql) {
      lock.lost.throwIfAborted();
      if (pending !== undefined) {
        const migration = pending;
        pending = undefined;
        await runMigration(database, migration, sql);
        return { rows: [] };
      }
      // A role that owns its schema needs no right to create schemas: ours exists by now.
      return /^\s*CREATE SCHEMA/i.test(sql) ? { rows: [] } : { rows: await selectNamed(database, sql) };
    },
  });
  postgrator.on("migration-started", (migration) => {
    file = migration.filename;
  });
  const migrations = await postgrator.migrate(version === undefined ? "max" : String(version));
  if (version === undefined) {
    const [found, known] = [await postgrator.getDatabaseVersion(), await postgrator.getMaxVersion()];
    if (found > known) throw new Error(`the schema ${schema} is at version ${found}, and this program knows it up to ${known}: start a newer program, or restore a backup from before`);
  }
  return { applied: migrations.map((migration) => migration.filename) };
}

async function runMigration(database: Database, migration: { file: string; sql: string }, record: string): Promise<void> {
  try {
    await database.script(`${migration.sql}\n;\n${record}`);
  } catch (error) {
    throw new Error(`migration ${migration.file} failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** Postgrator's own SELECTs have one column, and it reads rows by that column's name. */
async function selectNamed(database: Database, sql: string): Promise<Record<string, unknown>[]> {
  const column = /^\s*SELECT\s+(\w+)\s/i.exec(sql)?.[1];
  if (column === undefined) {
    await database.script(sql);
    return [];
  }
  const answer = await database.query({ name: "", text: sql }, []);
  return answer.rows.map((row) => ({ [column]: row[0] }));
}

async function ensureSchema(database: Database, schema: string): Promise<void> {
  const found = await database.query({ name: "", text: "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1" }, [schema]);
  if (found.rows.length === 0) {
    await database.script(`CREATE SCHEMA "${schema}"`);
  }
}

async function waitForLock(database: Database, { schema, lockTimeoutMs = 60_000 }: MigrateOptions): Promise<AdvisoryLock> {
  const key = lockKey(schema);
  const deadline = Date.now() + lockTimeoutMs;
  for (;;) {
    const lock = await database.tryAdvisoryLock(key);
    if (lock !== undefined) {
      return lock;
    }
    if (Date.now() > deadline) {
      throw new Error(`another process has been migrating the schema ${schema} for ${lockTimeoutMs} ms`);
    }
    await sleep(LOCK_POLL_MS);
  }
}

/** FNV-1a over the name, with a prefix of our own so that it meets no other use of advisory locks. */
function lockKey(schema: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(`flashdeal/migrate/${schema}`)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return BigInt.asIntN(64, hash);
}

function globEscape(path: string): string {
  return path.split(sep).join("/").replaceAll(/[*?[\]{}()!+@]/g, "[$&]");
}
