/** A problem in the SQL that its writer can solve; the message names the service, the query and the column. */
export class GenerateError extends Error {
  override readonly name = "GenerateError";
}
