/**
 * What sqlc hands to a code generator, as its JSON output writes it (sqlc's protos/plugin/codegen.proto): only the fields
 * that are read here.
 */
export interface SqlcRequest {
  readonly sqlc_version: string;
  readonly catalog: { readonly schemas: readonly SqlcSchema[] };
  readonly queries: readonly SqlcQuery[];
}

export interface SqlcSchema {
  readonly name: string;
  readonly enums: readonly { readonly name: string; readonly vals: readonly string[] }[];
}

export interface SqlcQuery {
  /** The statement with `$1 …` placeholders, without its comments and its semicolon. */
  readonly text: string;
  readonly name: string;
  /** With its colon: `:many`. */
  readonly cmd: string;
  readonly columns: readonly SqlcColumn[];
  readonly params: readonly { readonly number: number; readonly column: SqlcColumn }[];
  /** The comment lines around `-- name:`, without their dashes. */
  readonly comments: readonly string[];
  /** The query file's name, without its folder. */
  readonly filename: string;
}

export interface SqlcColumn {
  readonly name: string;
  readonly not_null: boolean;
  readonly is_array: boolean;
  readonly array_dims: number;
  readonly type: { readonly schema: string; readonly name: string } | null;
  readonly is_sqlc_slice: boolean;
  readonly embed_table: object | null;
}

/** Reads sqlc's JSON output. Throws where it is not the output of a code generation. */
export function parseSqlcRequest(json: string): SqlcRequest {
  const request = JSON.parse(json) as Partial<SqlcRequest> | null;
  if (request === null || !Array.isArray(request.queries ?? []) || request.catalog === undefined) {
    throw new Error("This is not the JSON that sqlc writes for code generators.");
  }
  return {
    sqlc_version: request.sqlc_version ?? "",
    catalog: { schemas: request.catalog.schemas ?? [] },
    queries: request.queries ?? [],
  };
}
