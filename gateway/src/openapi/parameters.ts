import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { hasOwnJson } from "../transcode/field-access.ts";
import type { HttpBinding, PathVariable } from "../transcode/http-rule.ts";
import { textReaderOf } from "../transcode/text-value.ts";
import { constraintsOf } from "./constraints.ts";
import type { OpenApiParameter } from "./openapi-types.ts";
import { compact, sentences } from "./schema-builder.ts";
import type { SchemaBuilder } from "./schema-builder.ts";

/** A binding's path in OpenAPI's syntax, which knows nothing but `{name}` for one piece. */
export interface PathForm {
  readonly path: string;
  readonly parameters: readonly OpenApiParameter[];
}

/** Dotted JSON names, which queries accept. */
function dotted(path: readonly DescField[]): string {
  return path.map((field) => field.jsonName).join(".");
}

/**
 * Writes a path template for OpenAPI. A variable of several segments is spelled out: its literals stay, and each wildcard becomes a
 * parameter, so that the path shows what to send. `**` becomes one parameter whose text says that it may hold slashes.
 */
export function pathFormOf(binding: HttpBinding, schemas: SchemaBuilder): PathForm {
  const parameters: OpenApiParameter[] = [];
  const pieces = binding.template.segments.map((segment, index) => {
    if (segment.kind === "literal") {
      return encodeURIComponent(segment.value);
    }
    const variable = binding.variables.find(({ start, end }) => index >= start && index < (end ?? binding.template.segments.length));
    const parameter = variable === undefined ? anonymous(index, segment.kind) : partOf(binding, variable, index, schemas);
    parameters.push(parameter);
    return `{${parameter.name}}`;
  });
  const verb = binding.template.verb === "" ? "" : `:${encodeURIComponent(binding.template.verb)}`;
  return { path: `/${pieces.join("/")}${verb}`, parameters };
}

function anonymous(index: number, kind: "single" | "rest"): OpenApiParameter {
  const description = kind === "rest" ? "Any number of segments; slashes separate them." : "Any one segment.";
  return { name: `segment${index + 1}`, in: "path", required: true, description, schema: { type: "string" } };
}

function partOf(binding: HttpBinding, variable: PathVariable, index: number, schemas: SchemaBuilder): OpenApiParameter {
  const name = dotted(variable.path);
  const leaf = variable.path.at(-1);
  const { description, ...schema } = leaf === undefined ? {} : schemas.field(leaf);
  const text = typeof description === "string" ? description : undefined;
  if (!variable.multi) {
    return compact({ name, in: "path", required: true, description: text, schema });
  }
  const own = binding.template.segments.slice(variable.start, variable.end);
  const wildcards = own.flatMap((segment, at) => (segment.kind === "literal" ? [] : [variable.start + at]));
  const form = own.map((segment) => (segment.kind === "literal" ? segment.value : segment.kind === "single" ? "*" : "**")).join("/");
  const rest = binding.template.segments[index]?.kind === "rest" ? "May hold several segments with slashes between them." : undefined;
  const part = wildcards.length > 1 || own.length > 1 ? `Part ${wildcards.indexOf(index) + 1} of \`${name}\`, whose form is \`${form}\`.` : undefined;
  return compact({
    name: wildcards.length > 1 ? `${name}_${wildcards.indexOf(index) + 1}` : name,
    in: "path",
    required: true,
    description: sentences(text, part, rest),
    schema: { type: "string" },
  });
}

/** Lists the query parameters of a binding: every field with a text form that neither path nor body binds, at any depth. */
export function queryParametersOf(binding: HttpBinding, schemas: SchemaBuilder): readonly OpenApiParameter[] {
  const { body } = binding;
  if (body.kind === "all") {
    return [];
  }
  const bound = new Set(binding.variables.map((variable) => dotted(variable.path)));
  if (body.kind === "field") {
    bound.add(body.field.jsonName);
  }
  return collect(binding.method.input, [], bound, schemas);
}

function collect(
  message: DescMessage,
  parents: readonly DescField[],
  bound: ReadonlySet<string>,
  schemas: SchemaBuilder,
): readonly OpenApiParameter[] {
  return message.fields.flatMap((field) => {
    const path = [...parents, field];
    const name = dotted(path);
    const constraints = constraintsOf(field);
    if (bound.has(name) || constraints.readOnly) {
      return [];
    }
    if (textReaderOf(field) === undefined) {
      // A message that contains itself is listed once; deeper paths work all the same.
      const seen = path.slice(0, -1).some((parent) => parent.message === field.message) || field.message === message;
      return field.fieldKind === "message" && !seen && !hasOwnJson(field.message) ? collect(field.message, path, bound, schemas) : [];
    }
    const { description, deprecated, ...schema } = schemas.field(field);
    return [
      compact({
        name,
        in: "query" as const,
        required: (constraints.required && parents.length === 0) || undefined,
        description: typeof description === "string" ? description : undefined,
        deprecated: deprecated === true || undefined,
        schema,
        ...(field.fieldKind === "list" ? { style: "form", explode: true } : {}),
      }) as OpenApiParameter,
    ];
  });
}
