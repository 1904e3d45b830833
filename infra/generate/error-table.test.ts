import { reasonPolicies } from "@flashdeal/runtime/errors";
import { describe, expect, it } from "vitest";
import { renderErrorTable, staleErrorTable } from "./error-table.ts";

const soldOut = reasonPolicies.filter(({ reason }) => reason === "SOLD_OUT");

describe("table of errors", () => {
  it("what is committed - is what the contract gives", () => expect(staleErrorTable()).toEqual([]));

  it("a row - has the reason, the code as gRPC spells it, the status, the title and the comment on one line", () => {
    const comments = { "flashdeal.errors.v1.ErrorReason.ERROR_REASON_SOLD_OUT": "Fewer units\nthan a | b." };
    expect(renderErrorTable(soldOut, comments)).toContain("| `SOLD_OUT` | FAILED_PRECONDITION | 409 | Sold out | Fewer units than a \\| b. |\n");
  });

  it("a reason without a comment - is refused", () => expect(() => renderErrorTable(soldOut, {})).toThrow("SOLD_OUT"));
});
