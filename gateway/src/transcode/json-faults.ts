import type { DescField, DescMessage, JsonValue, Registry } from "@bufbuild/protobuf";
import { expectationOf } from "./expectation.ts";
import { findField, hasOwnJson } from "./field-access.ts";
import { decodeStrictly } from "./strict-json.ts";
import type { TranscodeViolation, ViolationReason } from "./transcode-error.ts";

/** More faults than anybody reads at once. */
const maxViolations = 20;
/** The limit of `fromJson`, which this walk follows. */
const maxDepth = 100;

/**
 * Finds out where JSON that `decodeStrictly` has refused goes wrong. Runs only after a failure, so that good input pays nothing.
 * Returns up to 20 faults with their paths in proto names; empty when the fault has no place.
 */
export function findJsonFaults(desc: DescMessage, json: JsonValue, registry: Registry): readonly TranscodeViolation[] {
  const violations: TranscodeViolation[] = [];
  const report = (field: string, reason: ViolationReason, description: string): void => {
    if (violations.length < maxViolations) {
      violations.push({ field, description, reason });
    }
  };
  walkMessage({ registry, report, full: () => violations.length >= maxViolations }, desc, json, "", 1);
  return violations;
}

interface Walk {
  readonly registry: Registry;
  /** Whether enough was found, so that a hostile body costs no more than a bounded walk. */
  readonly full: () => boolean;
  readonly report: (field: string, reason: ViolationReason, description: string) => void;
}

function isObject(json: JsonValue): json is { [key: string]: JsonValue } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function walkMessage(walk: Walk, desc: DescMessage, json: JsonValue, at: string, depth: number): void {
  if (depth > maxDepth) {
    walk.report(at, "INVALID_VALUE", `Must not nest deeper than ${maxDepth} levels.`);
    return;
  }
  if (!isObject(json)) {
    walk.report(at, "INVALID_VALUE", "Must be an object.");
    return;
  }
  const seen = new Set<DescField>();
  const chosen = new Map<string, string>();
  for (const [key, value] of Object.entries(json)) {
    const field = findField(desc, key);
    const path = join(at, field?.name ?? key);
    if (field === undefined) {
      if (walk.registry.getExtension(key.slice(1, -1)) === undefined) {
        walk.report(path, "UNKNOWN_FIELD", `Is not a field of ${desc.typeName}.`);
      }
      continue;
    }
    if (seen.has(field)) {
      walk.report(path, "DUPLICATE_FIELD", "Must be given only once.");
      continue;
    }
    seen.add(field);
    if (field.oneof !== undefined && value !== null) {
      const rival = chosen.get(field.oneof.name);
      if (rival !== undefined) {
        walk.report(path, "CONFLICTING_VALUE", `Must not be given together with ${rival}.`);
        continue;
      }
      chosen.set(field.oneof.name, field.name);
    }
    walkField(walk, desc, field, key, value, path, depth);
  }
}

function walkField(
  walk: Walk,
  desc: DescMessage,
  field: DescField,
  key: string,
  value: JsonValue,
  at: string,
  depth: number,
): void {
  if (walk.full() || accepts(walk, desc, { [key]: value })) {
    return;
  }
  if (field.fieldKind === "list") {
    if (!Array.isArray(value)) {
      walk.report(at, "INVALID_VALUE", "Must be an array.");
      return;
    }
    for (const [index, item] of value.entries()) {
      walkItem(walk, desc, field, { [key]: [item] }, item, `${at}[${index}]`, depth);
    }
    return;
  }
  if (field.fieldKind === "map") {
    if (!isObject(value)) {
      walk.report(at, "INVALID_VALUE", "Must be an object.");
      return;
    }
    for (const [name, item] of Object.entries(value)) {
      walkItem(walk, desc, field, { [key]: { [name]: item } }, item, `${at}[${JSON.stringify(name)}]`, depth);
    }
    return;
  }
  walkItem(walk, desc, field, { [key]: value }, value, at, depth);
}

/** Reports one value: `alone` is the same value as the only content of the containing message. */
function walkItem(
  walk: Walk,
  desc: DescMessage,
  field: DescField,
  alone: JsonValue,
  value: JsonValue,
  at: string,
  depth: number,
): void {
  if (walk.full() || accepts(walk, desc, alone)) {
    return;
  }
  if (field.message !== undefined && isObject(value) && !hasOwnJson(field.message)) {
    walkMessage(walk, field.message, value, at, depth + 1);
    return;
  }
  walk.report(at, "INVALID_VALUE", expectationOf(field));
}

function accepts(walk: Walk, desc: DescMessage, json: JsonValue): boolean {
  try {
    decodeStrictly(desc, json, walk.registry);
    return true;
  } catch {
    return false;
  }
}

function join(at: string, name: string): string {
  return at === "" ? name : `${at}.${name}`;
}
