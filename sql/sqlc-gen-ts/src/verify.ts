import { PGlite } from "@electric-sql/pglite";
import type { ColumnType } from "./column-type.ts";
import type { Field, Query, ServiceModel } from "./query-model.ts";
import { SCHEMAS } from "./service-sql.ts";
import type { ServiceSql } from "./service-sql.ts";

/** An in-process Postgres that checks what sqlc worked out. */
export interface Verifier {
  /**
   * Applies the service's migrations, asks Postgres for the types of every query's parameters and columns, and takes the migrations
   * back. Returns one line per problem; none where Postgres agrees.
   */
  verify(sql: ServiceSql, model: ServiceModel | undefined): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Types that travel alike and may stand for each other. */
const TEXT_TYPES = new Set(["text", "varchar", "bpchar", "citext", "name"]);

/** A parameter may be narrower than what Postgres takes: LIMIT takes an int8, sqlc says int4. */
const NUMBER_TYPES = ["int2", "int4", "int8", "numeric"];

interface CatalogType {
  readonly name: string;
  readonly isArray: boolean;
}

/** Starts a Postgres in memory; takes seconds. It serves one service after the other. */
export async function createVerifier(): Promise<Verifier> {
  const database = await PGlite.create();

  async function applyUp(sql: ServiceSql): Promise<string | undefined> {
    for (const name of SCHEMAS) {
      await database.exec(`CREATE SCHEMA ${name}`);
    }
    for (const { up } of sql.migrations) {
      const problem = await attempt(up.path, () => database.exec(up.text));
      if (problem !== undefined) {
        return problem;
      }
    }
    return undefined;
  }

  /** The undo files must leave nothing behind, and the do files must then run again. */
  async function applyDown(sql: ServiceSql): Promise<string | undefined> {
    for (const { down } of sql.migrations.toReversed()) {
      const problem = await attempt(down.path, () => database.exec(down.text));
      if (problem !== undefined) {
        return problem;
      }
    }
    const left = await database.query<{ name: string }>(
      `SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY ($1)
       UNION ALL SELECT n.nspname || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ANY ($1)
       UNION ALL SELECT n.nspname || '.' || t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
         WHERE n.nspname = ANY ($1) AND t.typtype IN ('e', 'd')`,
      [[...SCHEMAS]],
    );
    const names = left.rows.map(({ name }) => name);
    return names.length === 0 ? undefined : `sql/${sql.service}/migrations: the undo files leave ${names.join(", ")} behind.`;
  }

  async function typesByOid(): Promise<ReadonlyMap<number, CatalogType>> {
    const { rows } = await database.query<{ oid: number; schema: string; name: string; is_array: boolean }>(
      `SELECT t.oid::int AS oid, n.nspname AS schema, coalesce(e.typname, t.typname) AS name, e.oid IS NOT NULL AS is_array
       FROM pg_type t LEFT JOIN pg_type e ON e.typarray = t.oid JOIN pg_namespace n ON n.oid = coalesce(e.typnamespace, t.typnamespace)`,
    );
    return new Map(rows.map((row) => [row.oid, { name: row.schema === "pg_catalog" ? row.name : `${row.schema}.${row.name}`, isArray: row.is_array }]));
  }

  return {
    async verify(sql, model) {
      try {
        const failed = (await applyUp(sql)) ?? (sql.external === undefined ? undefined : await attempt(sql.external.path, () => database.exec(sql.external?.text ?? "")));
        if (failed !== undefined) {
          return [failed];
        }
        const types = await typesByOid();
        const problems: string[] = [];
        for (const file of model?.files ?? []) {
          for (const query of file.queries) {
            problems.push(...(await verifyQuery(database, types, query, `sql/${sql.service}/queries/${file.name}: ${query.name}`)));
          }
        }
        await dropAll(database);
        const undone = (await applyUp(sql)) ?? (await applyDown(sql));
        return undone === undefined ? problems : [...problems, undone];
      } finally {
        await dropAll(database);
      }
    },
    close: () => database.close(),
  };
}

/** Also empties the public schema: external.sql may declare unqualified tables. */
async function dropAll(database: PGlite): Promise<void> {
  for (const name of SCHEMAS) {
    await database.exec(`DROP SCHEMA IF EXISTS ${name} CASCADE`);
  }
  await database.exec("DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public");
}

async function attempt(path: string, work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return `${path}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function verifyQuery(database: PGlite, types: ReadonlyMap<number, CatalogType>, query: Query, where: string): Promise<readonly string[]> {
  const described = await database.describeQuery(query.text).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  if (typeof described === "string") {
    return [`${where}: Postgres refuses it: ${described}`];
  }
  if (described.queryParams.length !== query.params.length) {
    return [`${where}: sqlc sees ${query.params.length} parameters, Postgres ${described.queryParams.length}.`];
  }
  if (query.columns.length > 0 && described.resultFields.length !== query.columns.length) {
    return [`${where}: sqlc sees ${query.columns.length} columns, Postgres ${described.resultFields.length}.`];
  }
  const paramProblems = query.params.flatMap((field, index) => compare(where, "parameter", field, types.get(described.queryParams[index]?.dataTypeID ?? 0)));
  const columnProblems = query.columns.flatMap((field, index) => compare(where, "column", field, types.get(described.resultFields[index]?.dataTypeID ?? 0)));
  return [...paramProblems, ...columnProblems];
}

function compare(where: string, kind: "parameter" | "column", field: Field, actual: CatalogType | undefined): readonly string[] {
  if (actual !== undefined && agrees(field.type, actual, kind)) {
    return [];
  }
  const found = actual === undefined ? "nothing" : `${actual.name}${actual.isArray ? "[]" : ""}`;
  const guessed = `${field.type.postgres}${field.type.isArray ? "[]" : ""}`;
  return [`${where}, ${kind} ${field.column}: sqlc takes it for ${guessed}, Postgres for ${found}; add a cast.`];
}

function agrees(type: ColumnType, actual: CatalogType, kind: "parameter" | "column"): boolean {
  if (type.isArray !== actual.isArray) {
    return false;
  }
  const bothText = TEXT_TYPES.has(type.postgres) && TEXT_TYPES.has(actual.name);
  // An array travels in binary form, with the type of its elements.
  const widens = kind === "parameter" && !type.isArray && NUMBER_TYPES.includes(type.postgres) && NUMBER_TYPES.indexOf(type.postgres) <= NUMBER_TYPES.indexOf(actual.name);
  return type.postgres === actual.name || bothText || widens;
}
