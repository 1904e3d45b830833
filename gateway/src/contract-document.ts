import { readFileSync } from "node:fs";
import type { DescMethod } from "@bufbuild/protobuf";
import { Access, RequestIdPolicy } from "@flashdeal/proto/flashdeal/options/v1/options_pb";
import { reasonPolicies } from "@flashdeal/runtime/errors";
import { methodPolicy } from "@flashdeal/runtime/rpc";
import { createOpenApiDocument, type JsonSchema, type OpenApiDocument, type OpenApiParameter, type OpenApiResponses } from "./openapi/index.ts";
import { upstreams } from "./upstream/upstreams.ts";

const commentsFile = new URL("../../proto/gen/comments.json", import.meta.url);

const problemSchema: JsonSchema = {
  type: "object",
  description: "An RFC 9457 problem document.",
  required: ["type", "title", "status", "detail", "reason", "code", "requestId"],
  properties: {
    type: { type: "string", description: "Names the kind of problem: `urn:flashdeal:problem:<reason>`." },
    title: { type: "string" },
    status: { type: "integer", description: "The HTTP status." },
    detail: { type: "string", description: "What happened this time, in a sentence." },
    reason: {
      type: "string",
      description: "Why, from the closed list of the contract.",
      enum: reasonPolicies.map(({ reason }) => reason),
    },
    code: { type: "string", description: "The gRPC code." },
    requestId: { type: "string", description: "The request, as the logs of every service name it." },
    metadata: { type: "object", additionalProperties: { type: "string" } },
    violations: {
      type: "array",
      description: "The fields that are wrong.",
      items: {
        type: "object",
        required: ["field", "description"],
        properties: { field: { type: "string" }, description: { type: "string" } },
      },
    },
    retryAfterMs: { type: "integer", description: "When to try again." },
  },
};

/** The OpenAPI document of everything that the contract offers over REST. */
export function createContractDocument(): OpenApiDocument {
  const comments = JSON.parse(readFileSync(commentsFile, "utf8")) as Record<string, string>;
  return createOpenApiDocument({
    services: [...upstreams.keys()],
    comments: new Map(Object.entries(comments)),
    info: {
      title: "Flash Deal",
      version: "1",
      description:
        "Sells limited stock to a crowd, exactly. Writes take the header `Idempotency-Key`: a repeated call with the same key and " +
        "payload answers what the first one answered. Errors are problem documents (RFC 9457) with a `reason` of a closed list.",
    },
    securityFor: (method) => (methodPolicy(method).access === Access.PUBLIC ? [] : [{ bearer: [] }]),
    parametersFor,
    problemResponsesFor,
    components: {
      schemas: { Problem: problemSchema },
      responses: {
        Problem: {
          description: "A problem. `reason` says which.",
          content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
      securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
    },
  });
}

function parametersFor(method: DescMethod): readonly OpenApiParameter[] {
  const { requestId } = methodPolicy(method);
  if (requestId === RequestIdPolicy.UNSPECIFIED) {
    return [];
  }
  return [
    {
      name: "Idempotency-Key",
      in: "header",
      required: requestId === RequestIdPolicy.REQUIRED,
      description: "Names this call, so that it can be repeated and still happens once. Kept for 24 hours. For example a UUID.",
      schema: { type: "string", minLength: 1, maxLength: 128 },
    },
  ];
}

function problemResponsesFor(): OpenApiResponses {
  return { default: { $ref: "#/components/responses/Problem" } };
}
