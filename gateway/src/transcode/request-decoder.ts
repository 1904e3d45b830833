import { create } from "@bufbuild/protobuf";
import type { DescField, Message, Registry } from "@bufbuild/protobuf";
import { createBodyDecoder } from "./body-decoder.ts";
import { expectationOf } from "./expectation.ts";
import { oneofRival, pathName, readField, sameValue, writeField } from "./field-access.ts";
import type { HttpBinding, PathVariable } from "./http-rule.ts";
import { decodeSegment, decodeSegments } from "./percent.ts";
import { createQueryDecoder } from "./query-decoder.ts";
import { textReaderOf } from "./text-value.ts";
import { invalidInput, TranscodeError } from "./transcode-error.ts";
import type { TranscodeViolation } from "./transcode-error.ts";

/** The parts of a request that become the message. */
export interface RequestParts {
  /** Raw path segments without the verb, as the route trie returns them. */
  readonly segments: readonly string[];
  /** Without "?"; empty when there is none. */
  readonly rawQuery: string;
  readonly contentType: string | undefined;
  readonly body: Uint8Array | undefined;
}

/** Makes the request message of a binding. Throws nothing but TranscodeError, with every fault that path, query and body have. */
export type RequestDecoder = (parts: RequestParts) => Message;

/** Creates a decoder once per binding, so that a request only runs prepared steps. */
export function createRequestDecoder(binding: HttpBinding, registry: Registry): RequestDecoder {
  const decodeBody = createBodyDecoder(binding, registry);
  const decodeQuery = createQueryDecoder(binding);
  const bindPath = binding.variables.map(createPathBinder);
  return ({ segments, rawQuery, contentType, body }) => {
    const violations: TranscodeViolation[] = [];
    let message: Message;
    try {
      message = decodeBody(body, contentType);
    } catch (error) {
      if (!(error instanceof TranscodeError) || error.kind !== "INVALID_ARGUMENT") {
        throw error;
      }
      violations.push(...error.violations);
      message = create(binding.method.input);
    }
    if (rawQuery !== "") {
      decodeQuery(message, rawQuery, violations);
    }
    for (const bind of bindPath) {
      const fault = bind(message, segments);
      if (fault !== undefined) {
        violations.push(fault);
      }
    }
    if (violations.length > 0) {
      throw invalidInput(...violations);
    }
    return message;
  };
}

type PathBinder = (message: Message, segments: readonly string[]) => TranscodeViolation | undefined;

function createPathBinder(variable: PathVariable): PathBinder {
  const { path, start, end, multi } = variable;
  const leaf = path.at(-1);
  const read = leaf && textReaderOf(leaf);
  if (leaf === undefined || read === undefined) {
    throw new Error(`path variable "${pathName(path)}" has no text form`);
  }
  const field = pathName(path);
  return (message, segments) => {
    const text = multi ? decodeSegments(segments.slice(start, end).join("/")) : decodeSegment(segments[start] ?? "");
    if (text === undefined) {
      return { field, description: "Must be percent-encoded UTF-8.", reason: "MALFORMED_ENCODING" };
    }
    const value = read(text);
    if (value === undefined) {
      return { field, description: expectationOf(leaf), reason: "INVALID_VALUE" };
    }
    return conflict(message, path, leaf, field, value) ?? void writeField(message, path, value);
  };
}

/** The body or the query may repeat what the path says, but not contradict it. */
function conflict(
  message: Message,
  path: readonly DescField[],
  leaf: DescField,
  field: string,
  value: unknown,
): TranscodeViolation | undefined {
  const present = readField(message, path);
  if (present !== undefined && !sameValue(leaf, present, value)) {
    return { field, description: "Must be the same as in the path.", reason: "CONFLICTING_VALUE" };
  }
  const rival = oneofRival(message, path);
  return rival === undefined
    ? undefined
    : { field: rival, description: `Must not be given together with ${field}, which the path sets.`, reason: "CONFLICTING_VALUE" };
}
