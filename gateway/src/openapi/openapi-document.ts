import type { DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import { httpBodyTypeName } from "../transcode/body-decoder.ts";
import { readHttpBindings } from "../transcode/http-rule.ts";
import type { HttpBinding } from "../transcode/http-rule.ts";
import { constraintsOf } from "./constraints.ts";
import type {
  JsonSchema,
  OpenApiComponents,
  OpenApiDocument,
  OpenApiInfo,
  OpenApiMediaType,
  OpenApiOperation,
  OpenApiParameter,
  OpenApiPathItem,
  OpenApiResponse,
  OpenApiResponses,
  OpenApiSecurity,
} from "./openapi-types.ts";
import { pathFormOf, queryParametersOf } from "./parameters.ts";
import { compact, createSchemaBuilder } from "./schema-builder.ts";
import type { SchemaBuilder } from "./schema-builder.ts";

/** Options of the document. */
export interface OpenApiOptions {
  /** Services in the order of their tags; methods without an HTTP rule are left out. */
  readonly services: readonly DescService[];
  readonly info: OpenApiInfo;
  /** Comments by full proto name, as `extractComments` gives them. */
  readonly comments: ReadonlyMap<string, string>;
  /** Credentials that a method needs; undefined leaves them unsaid. */
  readonly securityFor?: (method: DescMethod) => OpenApiSecurity | undefined;
  /** Answers other than the good one; they may refer to `components`. */
  readonly problemResponsesFor?: (method: DescMethod) => OpenApiResponses;
  /** Parameters that the host reads itself, such as headers. */
  readonly parametersFor?: (method: DescMethod) => readonly OpenApiParameter[];
  /** The host's own schemas, responses and security schemes. */
  readonly components?: OpenApiComponents;
  readonly servers?: OpenApiDocument["servers"];
}

/** HTTP methods that OpenAPI 3.1 has a place for; others go under `x-` and their name. */
const openApiMethods = new Set(["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"]);

/**
 * Describes the HTTP routes of services as OpenAPI 3.1, from the same rules that the transcoder serves. The result is plain JSON in a
 * stable order.
 */
export function createOpenApiDocument(options: OpenApiOptions): OpenApiDocument {
  const { services, info, comments, components, servers } = options;
  const schemas = createSchemaBuilder(comments);
  const bindings = readHttpBindings(services);
  const paths = createPaths(bindings, schemas, options);
  const tagged = services.filter((service) => bindings.some((binding) => binding.method.parent === service));
  return compact({
    openapi: "3.1.0",
    info,
    servers,
    tags: tagged.map((service) => compact({ name: service.name, description: comments.get(service.typeName) })),
    paths,
    components: { ...components, schemas: { ...schemas.components(), ...components?.schemas } },
  }) as OpenApiDocument;
}

function createPaths(
  bindings: readonly HttpBinding[],
  schemas: SchemaBuilder,
  options: OpenApiOptions,
): Record<string, OpenApiPathItem> {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  // OpenAPI takes paths that differ only in their parameters' names for the same one, so the first one's names stay.
  const known = new Map<string, string>();
  const counts = new Map<DescMethod, number>();
  for (const binding of bindings) {
    const form = pathFormOf(binding, schemas);
    const shape = form.path.replace(/\{[^}]*\}/g, "{}");
    const path = known.get(shape) ?? form.path;
    known.set(shape, path);
    const names = [...path.matchAll(/\{([^}]*)\}/g)].map((match) => match[1] ?? "");
    const parameters = form.parameters.map((parameter, index) => ({ ...parameter, name: names[index] ?? parameter.name }));
    const count = (counts.get(binding.method) ?? 0) + 1;
    counts.set(binding.method, count);
    const operation = createOperation(binding, count, parameters, schemas, options);
    const item = (paths[path] ??= {});
    if (openApiMethods.has(binding.httpMethod)) {
      item[binding.httpMethod.toLowerCase()] = operation;
    } else {
      item[`x-${binding.httpMethod === "*" ? "any" : binding.httpMethod.toLowerCase()}`] = operation;
    }
  }
  return paths;
}

function createOperation(
  binding: HttpBinding,
  count: number,
  pathParameters: readonly OpenApiParameter[],
  schemas: SchemaBuilder,
  options: OpenApiOptions,
): OpenApiOperation {
  const { method } = binding;
  const comment = options.comments.get(`${method.parent.typeName}.${method.name}`);
  const parameters = [...pathParameters, ...queryParametersOf(binding, schemas), ...(options.parametersFor?.(method) ?? [])];
  return compact({
    operationId: `${method.parent.name}_${method.name}${count > 1 ? `_${count}` : ""}`,
    tags: [method.parent.name],
    summary: firstSentence(comment),
    description: comment,
    deprecated: method.deprecated || undefined,
    parameters: parameters.length > 0 ? parameters : undefined,
    requestBody: createRequestBody(binding, schemas),
    responses: { 200: createResponse(binding, schemas), ...options.problemResponsesFor?.(method) },
    security: options.securityFor?.(method),
  }) as OpenApiOperation;
}

function firstSentence(comment: string | undefined): string | undefined {
  return comment?.split("\n\n")[0]?.replaceAll("\n", " ").match(/^.*?[.!?](?=\s|$)|^.*/)?.[0];
}

function isHttpBody(message: DescMessage | undefined): boolean {
  return message?.typeName === httpBodyTypeName;
}

const binaryContent: Readonly<Record<string, OpenApiMediaType>> = { "*/*": { schema: { type: "string", format: "binary" } } };

function createRequestBody(binding: HttpBinding, schemas: SchemaBuilder): OpenApiOperation["requestBody"] {
  const { body, method, variables } = binding;
  switch (body.kind) {
    case "none":
      return undefined;
    case "field":
      return body.field.fieldKind === "message" && isHttpBody(body.field.message)
        ? { content: binaryContent }
        : jsonBody(schemas.field(body.field), constraintsOf(body.field).required);
    case "all": {
      if (isHttpBody(method.input)) {
        return { content: binaryContent };
      }
      const bound = new Set(variables.flatMap(({ path }) => (path.length === 1 ? path : [])));
      const schema = bound.size === 0 ? schemas.message(method.input) : schemas.messageWithout(method.input, bound);
      const needed = method.input.fields.some((field) => !bound.has(field) && constraintsOf(field).required);
      return jsonBody(schema, needed);
    }
  }
}

/** An absent body is an empty message, so it is only required when something in it is. */
function jsonBody(schema: JsonSchema, required: boolean): OpenApiOperation["requestBody"] {
  const content = { "application/json": { schema } };
  return required ? { required, content } : { content };
}

function createResponse(binding: HttpBinding, schemas: SchemaBuilder): OpenApiResponse {
  const { method, responseBody } = binding;
  const body = responseBody === undefined ? method.output : responseBody.fieldKind === "message" ? responseBody.message : undefined;
  if (isHttpBody(body)) {
    return { description: method.methodKind === "unary" ? "The content." : "The content, piece by piece.", content: binaryContent };
  }
  const schema = responseBody === undefined ? schemas.message(method.output) : schemas.field(responseBody);
  return method.methodKind === "unary"
    ? { description: "Success.", content: { "application/json": { schema } } }
    : { description: "A stream of events.", content: { "text/event-stream": { schema: eventStreamSchema(schema) } } };
}

function eventStreamSchema(data: JsonSchema): JsonSchema {
  return {
    type: "string",
    description:
      "Server-sent events. Each message has `id` and `data` with JSON of the content schema; comments keep a silent connection open; " +
      "`event: end` says that the stream is complete, and `event: error` that it failed, with a problem as its data.",
    contentMediaType: "application/json",
    contentSchema: data,
  };
}
