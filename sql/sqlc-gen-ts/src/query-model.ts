import { columnType, enumTypes } from "./column-type.ts";
import type { ColumnType, EnumType } from "./column-type.ts";
import { GenerateError } from "./generate-error.ts";
import { camelCase, functionName, pascalCase } from "./names.ts";
import type { SqlcColumn, SqlcQuery, SqlcRequest } from "./sqlc-request.ts";

/** The commands that have a function in TypeScript. */
export type Command = "one" | "many" | "exec" | "execrows";

/** A column of the result or a parameter. */
export interface Field {
  /** As in SQL. */
  readonly column: string;
  /** As in TypeScript. */
  readonly property: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
}

/** One query, checked and named. */
export interface Query {
  readonly name: string;
  /** The prepared statement's name, `order.InsertOrders`. */
  readonly statement: string;
  readonly text: string;
  readonly command: Command;
  readonly functionName: string;
  /** The stem of the names of its types: `InsertOrders` -> `InsertOrdersArgs`, `InsertOrdersRow`. */
  readonly typeStem: string;
  readonly doc: readonly string[];
  /** Empty for :exec and :execrows. */
  readonly columns: readonly Field[];
  readonly params: readonly Field[];
}

/** Everything that is generated for one service. */
export interface ServiceModel {
  readonly service: string;
  readonly enums: readonly EnumType[];
  readonly files: readonly { readonly name: string; readonly queries: readonly Query[] }[];
}

/** Postgres cuts longer names of prepared statements off: NAMEDATALEN - 1. */
const MAX_STATEMENT_NAME_BYTES = 63;

const COMMANDS: Readonly<Record<string, Command>> = { ":one": "one", ":many": "many", ":exec": "exec", ":execrows": "execrows" };

/** Steers nullability from a query's comment: `-- Nullable: version, total`. */
const NULLABLE_DIRECTIVE = /^\s*nullable:\s*(.+)$/i;

/** Turns sqlc's request into the model. Throws a GenerateError for what has no faithful form in TypeScript. */
export function createServiceModel(service: string, request: SqlcRequest): ServiceModel {
  const enums = enumTypes(request);
  const files = new Map<string, Query[]>();
  const owners = new Map(enums.map((type) => [type.typescript, type.postgres]));
  for (const sqlcQuery of request.queries) {
    const query = createQuery(service, sqlcQuery, enums);
    for (const name of declaredNames(query)) {
      const owner = owners.get(name);
      if (owner !== undefined) {
        throw new GenerateError(`${sqlcQuery.filename}: ${owner} and ${query.name} would both declare ${name}; rename one.`);
      }
      owners.set(name, query.name);
    }
    files.set(sqlcQuery.filename, [...(files.get(sqlcQuery.filename) ?? []), query]);
  }
  const sorted = [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { service, enums, files: sorted.map(([name, queries]) => ({ name, queries })) };
}

function declaredNames(query: Query): readonly string[] {
  const { functionName, typeStem } = query;
  return [functionName, `${functionName}Statement`, `${typeStem}Args`, `${typeStem}Row`, `to${typeStem}Row`];
}

function createQuery(service: string, query: SqlcQuery, enums: readonly EnumType[]): Query {
  const where = `${query.filename}: ${query.name}`;
  const command = COMMANDS[query.cmd];
  if (command === undefined) {
    throw new GenerateError(`${where}: ${query.cmd} is not supported; use :one, :many, :exec or :execrows.`);
  }
  const statement = `${service}.${query.name}`;
  if (Buffer.byteLength(statement) > MAX_STATEMENT_NAME_BYTES) {
    throw new GenerateError(`${where}: the statement's name ${statement} is longer than ${MAX_STATEMENT_NAME_BYTES} bytes.`);
  }
  const leftover = leftoverParameter(query.text);
  if (leftover !== undefined) {
    throw new GenerateError(`${where}: ${leftover} is still in the statement; write a space before the @.`);
  }
  const nullable = query.comments.flatMap((line) => NULLABLE_DIRECTIVE.exec(line)?.[1]?.split(/[,\s.]+/) ?? []).filter((name) => name !== "");
  const returnsRows = command === "one" || command === "many";
  const columns = returnsRows ? query.columns.map((column) => createField(column, enums, where, "column")) : [];
  if (returnsRows && columns.length === 0) {
    throw new GenerateError(`${where}: ${query.cmd} needs a statement that returns columns; use :exec or :execrows.`);
  }
  for (const name of nullable) {
    if (!columns.some((column) => column.column === name)) {
      throw new GenerateError(`${where}: "Nullable: ${name}" names no column of the result.`);
    }
  }
  const params = query.params.toSorted((a, b) => a.number - b.number).map(({ column }) => createField(column, enums, where, "parameter"));
  refuseTwins(columns, where, "columns");
  refuseTwins(params, where, "parameters");
  return {
    name: query.name,
    statement,
    text: query.text.trim(),
    command,
    functionName: functionName(query.name),
    typeStem: pascalCase(query.name),
    doc: query.comments.filter((line) => !NULLABLE_DIRECTIVE.test(line)).map((line) => line.trim()),
    columns: columns.map((field) => ({ ...field, nullable: field.nullable || nullable.includes(field.column) })),
    params,
  };
}

function createField(column: SqlcColumn, enums: readonly EnumType[], query: string, kind: "column" | "parameter"): Field {
  const where = `${query}, ${kind} ${column.name === "" ? "without a name" : column.name}`;
  const type = columnType(column, enums, where);
  const property = camelCase(column.name);
  if (property === "" || column.name === "?column?") {
    throw new GenerateError(`${where}: ${kind === "column" ? "name it: … AS name" : "name it: @name"}.`);
  }
  return { column: column.name, property, type, nullable: !column.not_null };
}

function refuseTwins(fields: readonly Field[], where: string, kind: string): void {
  const twin = fields.find((field, index) => fields.findIndex((other) => other.property === field.property) < index);
  if (twin !== undefined) {
    throw new GenerateError(`${where}: two ${kind} are called ${twin.property}; rename one.`);
  }
}

/** `=@id` is an operator to Postgres, so that sqlc leaves it as it is. Strings, quoted names and comments don't count. */
function leftoverParameter(text: string): string | undefined {
  const code = text.replace(/'(?:[^']|'')*'|"[^"]*"|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\//g, " ");
  return /[^\s(,]?@[A-Za-z_]\w*|sqlc\.\w+/.exec(code)?.[0];
}
