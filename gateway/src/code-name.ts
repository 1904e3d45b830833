import { Code } from "@connectrpc/connect";

const names = new Map<Code, string>(
  Object.entries(Code).flatMap(([name, code]) =>
    typeof code === "number" ? [[code, name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase()] as const] : [],
  ),
);

/** The name of a gRPC code as the specification writes it: `FAILED_PRECONDITION`. */
export function codeName(code: Code): string {
  return code === Code.Canceled ? "CANCELLED" : (names.get(code) ?? "UNKNOWN");
}
