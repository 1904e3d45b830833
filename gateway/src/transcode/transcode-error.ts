/** What kept a request from becoming a call. Each kind has one HTTP status and one `google.rpc.Code`. */
export type TranscodeErrorKind =
  | "INVALID_ARGUMENT"
  | "NOT_FOUND"
  | "METHOD_NOT_ALLOWED"
  | "UNSUPPORTED_MEDIA_TYPE";

/** One fault in the input, shaped like `google.rpc.BadRequest.FieldViolation`. */
export interface TranscodeViolation {
  /** Path from the request message in proto names, such as `lines[0].quantity`; empty for the input as a whole. */
  readonly field: string;
  /** A whole sentence for people, which never repeats the input. */
  readonly description: string;
  /** For programs: `UNKNOWN_FIELD`, `INVALID_VALUE`, `DUPLICATE_FIELD`, `CONFLICTING_VALUE`, `MALFORMED_JSON` or `MALFORMED_ENCODING`. */
  readonly reason: ViolationReason;
}

/** The closed set of faults that decoding can find. */
export type ViolationReason =
  | "UNKNOWN_FIELD"
  | "INVALID_VALUE"
  | "DUPLICATE_FIELD"
  | "CONFLICTING_VALUE"
  | "MALFORMED_JSON"
  | "MALFORMED_ENCODING"
  | "UNEXPECTED_BODY";

const statusOf: Record<TranscodeErrorKind, number> = {
  INVALID_ARGUMENT: 400,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  UNSUPPORTED_MEDIA_TYPE: 415,
};

/** Numbers of `google.rpc.Code`: INVALID_ARGUMENT, NOT_FOUND, UNIMPLEMENTED. */
const codeOf: Record<TranscodeErrorKind, number> = {
  INVALID_ARGUMENT: 3,
  NOT_FOUND: 5,
  METHOD_NOT_ALLOWED: 12,
  UNSUPPORTED_MEDIA_TYPE: 3,
};

/**
 * The only error that routing and decoding throw. Everything else that reaches `renderError` comes from the call.
 */
export class TranscodeError extends Error {
  readonly kind: TranscodeErrorKind;
  /** HTTP status: 400, 404, 405 or 415. */
  readonly status: number;
  /** Number of `google.rpc.Code`. */
  readonly code: number;
  readonly violations: readonly TranscodeViolation[];
  /** Headers that the answer must carry: `allow` with 405, `accept` with 415. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    kind: TranscodeErrorKind,
    message: string,
    details: { violations?: readonly TranscodeViolation[]; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.name = "TranscodeError";
    this.kind = kind;
    this.status = statusOf[kind];
    this.code = codeOf[kind];
    this.violations = details.violations ?? [];
    this.headers = details.headers ?? {};
  }
}

/** A 400 for one or more faults; the message is the first one's description. */
export function invalidInput(...violations: readonly TranscodeViolation[]): TranscodeError {
  const first = violations[0];
  const where = first?.field ? `${first.field}: ` : "";
  return new TranscodeError("INVALID_ARGUMENT", `${where}${first?.description ?? "The request is invalid."}`, { violations });
}
