import assert from "node:assert/strict";
import { reasonPolicy } from "@flashdeal/runtime/errors";
import { codeName } from "../caller/grpc-caller.ts";
import { describeFailure, isServerFault, type Failure, type Outcome } from "../caller/outcome.ts";

/** The value of a call that must succeed. */
export async function ok<T>(pending: Promise<Outcome<T>>): Promise<T> {
  const outcome = await pending;
  if (!outcome.ok) assert.fail(`the call failed: ${describeFailure(outcome)}`);
  return outcome.value;
}

/** A field of an answer that must be there. */
export function present<T>(value: T | undefined, what = "the answer"): T {
  assert.ok(value !== undefined, `${what} is missing`);
  return value;
}

export interface ExpectedFailure {
  /** Path of a field that a violation must name. */
  readonly field?: string;
  /** Entries that the metadata must have. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A call that must be refused for this reason, with the code, and through REST the status, that the contract gives it. */
export async function refused(pending: Promise<Outcome<unknown>>, reason: string, expected: ExpectedFailure = {}): Promise<Failure> {
  const outcome = await pending;
  assert.ok(!outcome.ok, `the call succeeded; expected ${reason}`);
  const offence = failureOffence(outcome, reason, expected);
  assert.equal(offence, undefined, offence);
  return outcome;
}

/** What is wrong with a failure that should have this reason; undefined where nothing is. */
export function failureOffence(failure: Failure, reason: string, expected: ExpectedFailure = {}): string | undefined {
  const text = describeFailure(failure);
  const policy = reasonPolicy(reason);
  assert.ok(policy !== undefined, `${reason} is no reason of the contract`);
  if (failure.reason !== reason) return `expected ${reason}: ${text}`;
  if (failure.code !== codeName(policy.code)) return `expected the code ${codeName(policy.code)}: ${text}`;
  if (failure.httpStatus !== undefined && failure.httpStatus !== policy.httpStatus) return `expected the status ${policy.httpStatus}: ${text}`;
  if (expected.field !== undefined && !failure.violations.some(({ field }) => field === expected.field)) {
    return `expected a violation of ${expected.field}: ${text}`;
  }
  for (const [name, value] of Object.entries(expected.metadata ?? {})) {
    if (failure.metadata[name] !== value) return `expected the metadata ${name}=${value}, got ${String(failure.metadata[name])}: ${text}`;
  }
  return undefined;
}

/** What is wrong with an answer that may be anything but a fault of the server; undefined where nothing is. */
export function faultOffence(outcome: Outcome<unknown>): string | undefined {
  return !outcome.ok && isServerFault(outcome) ? `a fault of the server: ${describeFailure(outcome)}` : undefined;
}
