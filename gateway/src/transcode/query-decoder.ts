import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { expectationOf } from "./expectation.ts";
import { oneofRival, pathName, resolveFieldPath, writeField } from "./field-access.ts";
import type { HttpBinding } from "./http-rule.ts";
import { decodeQueryText } from "./percent.ts";
import { textReaderOf } from "./text-value.ts";
import type { TranscodeViolation } from "./transcode-error.ts";

/** Reads a raw query (without "?") into a message and appends each fault to `violations`. */
export type QueryDecoder = (message: Message, rawQuery: string, violations: TranscodeViolation[]) => void;

/**
 * Creates the decoder of a binding. A parameter is a field path in proto names or JSON names; what the path or the body binds is
 * refused, as is a singular field given twice and a second member of a oneof.
 */
export function createQueryDecoder(binding: HttpBinding): QueryDecoder {
  const bound = new Set(binding.variables.map((variable) => pathName(variable.path)));
  return (message, rawQuery, violations) => {
    const seen = new Set<string>();
    for (const pair of rawQuery.split("&")) {
      if (pair === "") {
        continue;
      }
      const equals = pair.indexOf("=");
      const name = decodeQueryText(equals < 0 ? pair : pair.slice(0, equals));
      const text = equals < 0 ? "" : decodeQueryText(pair.slice(equals + 1));
      if (name === undefined || text === undefined) {
        violations.push({ field: name ?? "", description: "Must be percent-encoded UTF-8.", reason: "MALFORMED_ENCODING" });
        continue;
      }
      const fault = readParameter(binding, message, name, text, bound, seen);
      if (fault !== undefined) {
        violations.push(fault);
      }
    }
  };
}

function readParameter(
  binding: HttpBinding,
  message: Message,
  name: string,
  text: string,
  bound: ReadonlySet<string>,
  seen: Set<string>,
): TranscodeViolation | undefined {
  const path = resolveQueryPath(binding.method.input, name);
  const leaf = path?.at(-1);
  const read = leaf && textReaderOf(leaf);
  if (path === undefined || leaf === undefined || read === undefined) {
    return { field: name, description: "Is not a query parameter of this method.", reason: "UNKNOWN_FIELD" };
  }
  const field = pathName(path);
  if (bound.has(field)) {
    return { field, description: "Is part of the path and must not be a query parameter too.", reason: "CONFLICTING_VALUE" };
  }
  if (binding.body.kind === "all" || (binding.body.kind === "field" && binding.body.field === path[0])) {
    return { field, description: "Belongs in the body, not in the query.", reason: "UNKNOWN_FIELD" };
  }
  if (leaf.fieldKind !== "list" && seen.has(field)) {
    return { field, description: "Must be given only once.", reason: "DUPLICATE_FIELD" };
  }
  seen.add(field);
  const value = read(text);
  if (value === undefined) {
    return { field, description: expectationOf(leaf), reason: "INVALID_VALUE" };
  }
  const rival = oneofRival(message, path);
  if (rival !== undefined) {
    return { field, description: `Must not be given together with ${rival}.`, reason: "CONFLICTING_VALUE" };
  }
  writeField(message, path, value);
  return undefined;
}

/** Deeper than any contract; keeps recursive messages from growing with the URL. */
const maxPathFields = 32;

function resolveQueryPath(input: DescMessage, name: string): readonly DescField[] | undefined {
  const names = name.split(".", maxPathFields + 1);
  return names.length > maxPathFields ? undefined : resolveFieldPath(input, names);
}
