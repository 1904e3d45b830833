import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { GenerateError } from "./generate-error.ts";
import type { GeneratedFile } from "./render.ts";
import { SCHEMAS } from "./service-sql.ts";
import type { ServiceSql } from "./service-sql.ts";
import { parseSqlcRequest } from "./sqlc-request.ts";
import type { SqlcRequest } from "./sqlc-request.ts";

const run = promisify(execFile);

const SQLC_TIMEOUT_MS = 60_000;
const MAX_UNNEST_ARGUMENTS = 32;

/** How sqlc writes Go: query methods take the connection first and a struct of arguments, as in TypeScript. */
const GO_OPTIONS = {
  package: "gen",
  sql_package: "pgx/v5",
  emit_methods_with_db_argument: true,
  emit_pointers_for_null_types: true,
  emit_empty_slices: true,
  emit_enum_valid_method: true,
  query_parameter_limit: 0,
  overrides: [
    { db_type: "uuid", go_type: "string" },
    { db_type: "uuid", nullable: true, go_type: { type: "string", pointer: true } },
    { db_type: "timestamptz", go_type: "time.Time" },
    { db_type: "timestamptz", nullable: true, go_type: { import: "time", type: "Time", pointer: true } },
  ],
};

export interface SqlcOutput {
  readonly request: SqlcRequest;
  /** Go's files; empty unless asked for. */
  readonly go: readonly GeneratedFile[];
}

/**
 * Runs sqlc on a copy of one service's SQL in a temporary folder of its own, so that services don't disturb each other.
 * Throws a GenerateError with sqlc's complaints, which name the files by their paths from the project's root.
 */
export async function runSqlc(sqlcPath: string, sql: ServiceSql, options: { readonly go: boolean }): Promise<SqlcOutput> {
  const folder = await mkdtemp(join(tmpdir(), "flashdeal-sqlc-"));
  try {
    const preamble = { path: "preamble.sql", text: sqlcPreamble() };
    const schema = [preamble, ...sql.migrations.map(({ up }) => up), ...(sql.external === undefined ? [] : [sql.external])];
    for (const file of [...schema, ...sql.queries]) {
      await mkdir(dirname(join(folder, file.path)), { recursive: true });
      await writeFile(join(folder, file.path), file.text);
    }
    const config = {
      version: "2",
      sql: [
        {
          engine: "postgresql",
          schema: schema.map(({ path }) => path),
          queries: sql.queries.map(({ path }) => path),
          gen: { json: { out: "json", filename: "request.json" }, ...(options.go ? { go: { ...GO_OPTIONS, out: "go" } } : {}) },
        },
      ],
    };
    await writeFile(join(folder, "sqlc.json"), JSON.stringify(config));
    await run(sqlcPath, ["generate", "--file", "sqlc.json"], { cwd: folder, timeout: SQLC_TIMEOUT_MS }).catch((error: Error & { stderr?: string }) => {
      const complaints = (error.stderr ?? "").replace(/^# package .*\n/gm, "").trim();
      throw new GenerateError(complaints === "" ? `sqlc failed: ${error.message}` : complaints);
    });
    const request = parseSqlcRequest(await readFile(join(folder, "json", "request.json"), "utf8"));
    return { request, go: options.go ? await readFolder(join(folder, "go")) : [] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What sqlc must know and does not: the schemas, which the migration runner creates, and unnest with several arguments. */
function sqlcPreamble(): string {
  const schemas = SCHEMAS.map((name) => `CREATE SCHEMA IF NOT EXISTS ${name};`);
  const unnests = Array.from({ length: MAX_UNNEST_ARGUMENTS - 1 }, (_, index) => {
    const args = Array.from({ length: index + 2 }, () => "anyarray").join(", ");
    return `CREATE FUNCTION unnest(${args}) RETURNS SETOF record LANGUAGE internal AS '';`;
  });
  return `${[...schemas, ...unnests].join("\n")}\n`;
}

async function readFolder(folder: string): Promise<readonly GeneratedFile[]> {
  const names = (await readdir(folder)).toSorted();
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(join(folder, name), "utf8") })));
}
