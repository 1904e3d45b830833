import { getOption, hasOption } from "@bufbuild/protobuf";
import type { DescField, DescMethod, DescService } from "@bufbuild/protobuf";
import { http } from "@flashdeal/proto/google/api/annotations_pb";
import type { HttpRule } from "@flashdeal/proto/google/api/http_pb";
import { pathName, resolveFieldPath } from "./field-access.ts";
import { parsePathTemplate } from "./path-template.ts";
import type { PathTemplate, TemplateVariable } from "./path-template.ts";
import { textReaderOf } from "./text-value.ts";

/** Where the request's body goes. */
export type BodyMapping =
  | { readonly kind: "none" }
  | { readonly kind: "all" }
  | { readonly kind: "field"; readonly field: DescField };

/** A template variable with the field that it sets. */
export interface PathVariable extends TemplateVariable {
  /** From the request message down; the last one is a singular field with a text form. */
  readonly path: readonly DescField[];
}

/** One HTTP route of a method, resolved against its descriptors. */
export interface HttpBinding {
  readonly method: DescMethod;
  /** `GET`, `PUT`, `POST`, `DELETE`, `PATCH`, a custom kind, or `*` for any. */
  readonly httpMethod: string;
  readonly template: PathTemplate;
  readonly variables: readonly PathVariable[];
  readonly body: BodyMapping;
  /** The response field that is the whole answer; undefined for the response message itself. */
  readonly responseBody: DescField | undefined;
  /** False for one of the rule's additional_bindings. */
  readonly primary: boolean;
}

/**
 * Reads the `google.api.http` rules of services, in the order of the contract. Methods without one are skipped.
 * Throws an Error that names the method and the fault when a rule contradicts its messages.
 */
export function readHttpBindings(services: readonly DescService[]): readonly HttpBinding[] {
  return services.flatMap((service) => service.methods.flatMap(readMethod));
}

function readMethod(method: DescMethod): readonly HttpBinding[] {
  if (!hasOption(method, http)) {
    return [];
  }
  const rule = getOption(method, http);
  try {
    if (method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming") {
      throw new Error("a stream of requests has no HTTP form");
    }
    return [readRule(method, rule, true), ...rule.additionalBindings.map((extra) => readRule(method, extra, false))];
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    throw new Error(`google.api.http of ${method.parent.typeName}.${method.name}: ${fault}`, { cause: error });
  }
}

function readRule(method: DescMethod, rule: HttpRule, primary: boolean): HttpBinding {
  if (!primary && rule.additionalBindings.length > 0) {
    throw new Error("additional_bindings must not nest");
  }
  const { httpMethod, path } = readPattern(rule);
  const template = parsePathTemplate(path);
  const body = readBody(method, rule.body);
  const variables = template.variables.map((variable) => readVariable(method, variable));
  for (const variable of variables) {
    if (body.kind === "field" && variable.path.length === 1 && variable.path[0] === body.field) {
      throw new Error(`field "${body.field.name}" is bound by both the path and the body`);
    }
  }
  if ((httpMethod === "GET" || httpMethod === "HEAD") && body.kind !== "none") {
    throw new Error(`${httpMethod} takes no body`);
  }
  return { method, httpMethod, template, variables, body, responseBody: readResponseBody(method, rule.responseBody), primary };
}

function readPattern(rule: HttpRule): { httpMethod: string; path: string } {
  const pattern = rule.pattern;
  switch (pattern.case) {
    case undefined:
      throw new Error("the rule has no path");
    case "custom":
      if (!/^(?:\*|[A-Z][A-Z0-9-]*)$/.test(pattern.value.kind)) {
        throw new Error(`"${pattern.value.kind}" is not an HTTP method in upper case or "*"`);
      }
      return { httpMethod: pattern.value.kind, path: pattern.value.path };
    default:
      return { httpMethod: pattern.case.toUpperCase(), path: pattern.value };
  }
}

function readBody(method: DescMethod, body: string): BodyMapping {
  if (body === "") {
    return { kind: "none" };
  }
  if (body === "*") {
    return { kind: "all" };
  }
  const field = method.input.fields.find((candidate) => candidate.name === body);
  if (field === undefined) {
    throw new Error(`body "${body}" is not a field of ${method.input.typeName}`);
  }
  return { kind: "field", field };
}

function readResponseBody(method: DescMethod, name: string): DescField | undefined {
  if (name === "") {
    return undefined;
  }
  const field = method.output.fields.find((candidate) => candidate.name === name);
  if (field === undefined) {
    throw new Error(`response_body "${name}" is not a field of ${method.output.typeName}`);
  }
  return field;
}

function readVariable(method: DescMethod, variable: TemplateVariable): PathVariable {
  const name = variable.fieldPath.join(".");
  const path = resolveFieldPath(method.input, variable.fieldPath);
  const leaf = path?.at(-1);
  if (path === undefined || leaf === undefined || pathName(path) !== name) {
    throw new Error(`path variable "${name}" is not a field of ${method.input.typeName}`);
  }
  if (leaf.fieldKind === "list" || textReaderOf(leaf) === undefined) {
    throw new Error(`path variable "${name}" must be a singular scalar, enum, wrapper, Timestamp, Duration or FieldMask`);
  }
  return { ...variable, path };
}
