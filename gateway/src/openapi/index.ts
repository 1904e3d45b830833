export { createOpenApiDocument } from "./openapi-document.ts";
export type { OpenApiOptions } from "./openapi-document.ts";
export { extractComments } from "./extract-comments.ts";
export type {
  JsonSchema,
  OpenApiComponents,
  OpenApiDocument,
  OpenApiInfo,
  OpenApiOperation,
  OpenApiParameter,
  OpenApiResponse,
  OpenApiResponses,
  OpenApiSecurity,
} from "./openapi-types.ts";
