import { GenerateError } from "./generate-error.ts";
import { typeName } from "./names.ts";
import type { SqlcColumn, SqlcRequest } from "./sqlc-request.ts";

/** A column's or parameter's type, as Postgres and as TypeScript know it. */
export interface ColumnType {
  /** Postgres' own name of the type, of the element for an array: `int8`, `orders.order_state`. */
  readonly postgres: string;
  /** The element's type in TypeScript. */
  readonly typescript: string;
  readonly isArray: boolean;
  readonly isJson: boolean;
  /** The type must be imported from enums.ts. */
  readonly isEnum: boolean;
}

/** An enum type of the service. */
export interface EnumType {
  /** `orders.order_state` */
  readonly postgres: string;
  readonly typescript: string;
  readonly values: readonly string[];
}

/** Names that sqlc passes on as they were written, and what Postgres calls them in pg_type. */
const ALIASES: Readonly<Record<string, string>> = {
  smallint: "int2",
  smallserial: "int2",
  serial2: "int2",
  int: "int4",
  integer: "int4",
  serial: "int4",
  serial4: "int4",
  bigint: "int8",
  bigserial: "int8",
  serial8: "int8",
  real: "float4",
  float: "float8",
  "double precision": "float8",
  decimal: "numeric",
  boolean: "bool",
  string: "text",
  "character varying": "varchar",
  character: "bpchar",
  char: "bpchar",
  "timestamp with time zone": "timestamptz",
  "timestamp without time zone": "timestamp",
  "time without time zone": "time",
};

/** What the database port decodes each type to. A type that is absent here is refused. */
const SCALARS: Readonly<Record<string, string>> = {
  bool: "boolean",
  int2: "number",
  int4: "number",
  int8: "bigint",
  float4: "number",
  float8: "number",
  oid: "number",
  numeric: "string",
  text: "string",
  varchar: "string",
  bpchar: "string",
  citext: "string",
  name: "string",
  uuid: "string",
  inet: "string",
  date: "string",
  time: "string",
  interval: "string",
  xid8: "string",
  timestamptz: "Date",
  bytea: "Uint8Array",
  json: "unknown",
  jsonb: "unknown",
};

/** The database port decodes no arrays of these. */
const SCALAR_ONLY = new Set(["inet", "time", "interval", "xid8"]);

const ADVICE: Readonly<Record<string, string>> = {
  any: "sqlc could not work the type out; cast the expression: (…)::type AS name",
  anyelement: "sqlc could not work the type out; cast the expression: (…)::type AS name",
  anyarray: "sqlc could not work the type out; cast the expression: (…)::type AS name",
  void: "a function that returns nothing is called by an :exec query",
  timestamp: "it has no time zone; use timestamptz",
};

const SYSTEM_SCHEMAS = new Set(["pg_catalog", "information_schema", "pg_temp"]);

/** The enum types that the service's schema declares. Throws where two would have the same name in TypeScript. */
export function enumTypes(request: SqlcRequest): readonly EnumType[] {
  const enums = request.catalog.schemas
    .filter((schema) => !SYSTEM_SCHEMAS.has(schema.name))
    .flatMap((schema) =>
      (schema.enums ?? []).map((type) => ({
        postgres: `${schema.name}.${type.name}`,
        typescript: typeName(type.name),
        values: type.vals,
      })),
    );
  for (const type of enums) {
    const twin = enums.find((other) => other !== type && other.typescript === type.typescript);
    if (twin !== undefined) {
      throw new GenerateError(`The enum types ${type.postgres} and ${twin.postgres} would both be called ${type.typescript}.`);
    }
  }
  return enums;
}

/** Maps what sqlc reports. `where` names the query and the column for the error of a type that is not supported. */
export function columnType(column: SqlcColumn, enums: readonly EnumType[], where: string): ColumnType {
  if (column.embed_table !== null && column.embed_table !== undefined) {
    throw new GenerateError(`${where}: sqlc.embed is not supported; list the columns.`);
  }
  if (column.is_sqlc_slice) {
    throw new GenerateError(`${where}: sqlc.slice is not supported; write = ANY (@names::type[]).`);
  }
  if (column.array_dims > 1) {
    throw new GenerateError(`${where}: arrays of ${column.array_dims} dimensions are not supported.`);
  }
  const isArray = column.is_array || column.array_dims === 1;
  const schema = column.type?.schema ?? "";
  const reported = column.type?.name ?? "any";
  const enumType = enums.find((type) => type.postgres === (schema === "" ? reported : `${schema}.${reported}`));
  if (enumType !== undefined) {
    return { postgres: enumType.postgres, typescript: enumType.typescript, isArray, isJson: false, isEnum: true };
  }
  const unqualified = reported.replace(/^pg_catalog\./, "");
  const postgres = ALIASES[unqualified] ?? unqualified;
  const typescript = schema === "" || schema === "pg_catalog" ? SCALARS[postgres] : undefined;
  if (typescript === undefined) {
    const name = schema === "" ? reported : `${schema}.${reported}`;
    const advice = ADVICE[postgres] ?? "cast it to a type that sql/README.md lists";
    throw new GenerateError(`${where}: the type ${name} is not supported: ${advice}.`);
  }
  if (isArray && SCALAR_ONLY.has(postgres)) {
    throw new GenerateError(`${where}: arrays of ${postgres} are not supported; cast it to text[].`);
  }
  return { postgres, typescript, isArray, isJson: typescript === "unknown", isEnum: false };
}
