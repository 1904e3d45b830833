/**
 * What went wrong in the database, the same for every adapter. Both drivers report Postgres's own fields: `code` is the
 * SQLSTATE, `constraint` the name of the constraint.
 */

/**
 * The connection broke while a COMMIT, or a statement that may write, was under way: it may or may not have taken effect.
 * Retry only what is idempotent. `isConnectionError` is false for it on purpose.
 */
export class CommitOutcomeUnknownError extends Error {
  override readonly name = "CommitOutcomeUnknownError";
}

/** The transaction's callback swallowed the error of a statement, so that Postgres rolled back where it was told to commit. */
export class TransactionRolledBackError extends Error {
  override readonly name = "TransactionRolledBackError";
}

/** The SQLSTATE of an error from either adapter, where it has one. */
export function sqlState(error: unknown): string | undefined {
  const code = fieldOf(error, "code");
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** 23505; with `constraint`, only for the constraint or index of that name. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return sqlState(error) === "23505" && (constraint === undefined || constraintOf(error) === constraint);
}

/** 23514; with `constraint`, only for the constraint of that name. */
export function isCheckViolation(error: unknown, constraint?: string): boolean {
  return sqlState(error) === "23514" && (constraint === undefined || constraintOf(error) === constraint);
}

/** 23503; with `constraint`, only for the constraint of that name. */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  return sqlState(error) === "23503" && (constraint === undefined || constraintOf(error) === constraint);
}

/** SQLSTATE classes 22 (data exception) and 23 (constraint violation): the values are at fault, and nothing was written. */
export function isDataError(error: unknown): boolean {
  return /^2[23]/.test(sqlState(error) ?? "");
}

/** 40001: the transaction may simply be run again. */
export function isSerializationFailure(error: unknown): boolean {
  return sqlState(error) === "40001";
}

/** 40P01: the transaction may simply be run again. */
export function isDeadlock(error: unknown): boolean {
  return sqlState(error) === "40P01";
}

/** 57014: the statement ran longer than its time-out, or was cancelled. */
export function isStatementTimeout(error: unknown): boolean {
  return sqlState(error) === "57014";
}

/** The name of the violated constraint, where the error has one. */
export function constraintOf(error: unknown): string | undefined {
  return fieldOf(error, "constraint");
}

/** Network error codes of Node, and the sentences of pg that carry no code. */
const CONNECTION_CODES = new Set([
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETRESET",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENOENT",
]);
const CONNECTION_MESSAGES = /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout|This socket has been ended|Client was closed|Cannot use a pool after)/;

/**
 * The database could not be reached, or the connection ended, and nothing was changed: SQLSTATE class 08, shutdown and
 * start-up (57P01-57P03), too many connections (53300), or a socket's error. Worth a retry with a pause.
 */
export function isConnectionError(error: unknown): boolean {
  if (error instanceof CommitOutcomeUnknownError || !(error instanceof Error)) {
    return false;
  }
  const state = sqlState(error);
  if (state !== undefined && !CONNECTION_CODES.has(state)) {
    return state.startsWith("08") || /^57P0[1-5]$/.test(state) || state === "53300";
  }
  const code = fieldOf(error, "code");
  if (code !== undefined && CONNECTION_CODES.has(code)) {
    return true;
  }
  return error instanceof AggregateError ? error.errors.some(isConnectionError) : CONNECTION_MESSAGES.test(error.message);
}

function fieldOf(error: unknown, field: "code" | "constraint"): string | undefined {
  if (typeof error !== "object" || error === null) {
    return undefined;
  }
  const value: unknown = Reflect.get(error, field);
  return typeof value === "string" ? value : undefined;
}
