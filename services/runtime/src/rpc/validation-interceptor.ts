import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { createValidator, type Validator, type Violation } from "@bufbuild/protovalidate";
import { ErrorReason, reasonError, type FieldViolation } from "../errors/index.ts";
import { guard, type ServerInterceptor } from "./interceptor.ts";
import { listLimitCheckOf } from "./list-limits.ts";
import { textCheckOf } from "./text-check.ts";

/** Most violations that one answer lists. */
const maxViolations = 50;

/**
 * Checks each request against the contract's `buf.validate` rules, and its text: INVALID_INPUT with a violation per field.
 * Rules are compiled when the server is made, which throws where one is wrong.
 */
export function createValidationInterceptor(validator: Validator = createContractValidator()): ServerInterceptor {
  return guard((method) => {
    if (method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming") return undefined;
    const { input } = method;
    compileRules(validator, input);
    return (request) => checkMessage(validator, input, request as Message);
  });
}

/**
 * A validator that matches patterns with the engine of the language. Protovalidate's own is linear in time for any pattern, and slow; the
 * contract's patterns are ours and have no ambiguity that could blow up.
 */
export function createContractValidator(): Validator {
  const patterns = new Map<string, RegExp>();
  const regexMatch = (pattern: string, text: string): boolean => {
    let compiled = patterns.get(pattern);
    if (compiled === undefined) patterns.set(pattern, (compiled = new RegExp(pattern, "u")));
    return compiled.test(text);
  };
  return createValidator({ regexMatch });
}

function compileRules(validator: Validator, desc: DescMessage): void {
  const result = validator.validate(desc, create(desc));
  if (result.kind === "error") throw new Error(`the rules of ${desc.typeName} do not compile`, { cause: result.error });
}

/** Throws INVALID_INPUT where `message` breaks a rule of the contract, or holds text that cannot be stored (see `textCheckOf`). */
export function checkMessage(validator: Validator, desc: DescMessage, message: Message): void {
  // First: the other checks take time and memory for each item.
  const tooLong = listLimitCheckOf(desc)?.(message);
  if (tooLong !== undefined) throw reasonError(ErrorReason.INVALID_INPUT, `${tooLong.field} ${tooLong.description}`, { violations: [tooLong] });
  const badText = textCheckOf(desc)?.(message) ?? [];
  const result = validator.validate(desc, message);
  if (result.kind === "error") throw new Error(`the rules of ${desc.typeName} failed`, { cause: result.error });
  if (badText.length === 0 && result.kind === "valid") return;
  // Text that cannot be stored says all there is to say of its field.
  const named = new Set(badText.map(({ field }) => field));
  const all = [...badText, ...(result.violations ?? []).map(toFieldViolation).filter(({ field }) => !named.has(field))];
  const violations = all.slice(0, maxViolations);
  const [first] = violations;
  const more = all.length > 1 ? ` (and ${all.length - 1} more)` : "";
  const text = first === undefined ? "The request breaks a rule." : `${first.field || "request"} ${first.description}${more}`;
  throw reasonError(ErrorReason.INVALID_INPUT, text, { violations });
}

/** What to do, where protovalidate's own words say it less well. */
const descriptions: Readonly<Record<string, string>> = {
  required: "is required",
  "string.uuid": "must be a UUID",
  "string.uuid_empty": "must be a UUID",
  "string.email": "must be an e-mail address",
  "string.email_empty": "must be an e-mail address",
  "enum.defined_only": "must be one of the values of the contract",
};

function toFieldViolation(violation: Violation): FieldViolation {
  return { field: pathToString(violation.field), description: descriptions[violation.ruleId] ?? violation.message };
}
