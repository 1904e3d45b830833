export { generateQueries } from "./generate-queries.ts";
export type { GenerateQueriesOptions, GenerateQueriesReport, ServiceReport } from "./generate-queries.ts";
