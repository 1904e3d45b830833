import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { ErrorInfoSchema } from "@flashdeal/proto/google/rpc/error_details_pb";
import { completeError, ErrorReason, errorFromStatus, reasonError, reasonOf, reasonPolicies, reasonPolicy, retryAfterMsOf, statusFromError, violationsOf, withErrorInfo } from "./index.ts";

describe("error reasons", () => {
  test("every reason - has a code, a status and a title", () => {
    expect(reasonPolicies).toHaveLength(Object.values(ErrorReason).length - 1);
    for (const { reason, code, httpStatus, title } of reasonPolicies) {
      expect([reason, code in Code, httpStatus >= 400 && httpStatus < 600, title !== ""]).toEqual([reason, true, true, true]);
    }
  });

  test("a policy - comes from the contract, the status from the code where it names none", () => {
    expect(reasonPolicy("SOLD_OUT")).toMatchObject({ value: ErrorReason.SOLD_OUT, code: Code.FailedPrecondition, httpStatus: 409, title: "Sold out" });
    expect(reasonPolicy(ErrorReason.INVALID_INPUT).httpStatus).toBe(400);
    expect(reasonPolicy("NO_SUCH_REASON")).toBeUndefined();
  });

  test("an error - survives as google.rpc.Status", () => {
    const error = reasonError(ErrorReason.OVERLOADED, "Full.", { retryAfterMs: 250, violations: [{ field: "a", description: "b" }] });
    const back = errorFromStatus(statusFromError(error));
    expect([back.code, reasonOf(back), retryAfterMsOf(back), violationsOf(back)[0]?.field]).toEqual([Code.ResourceExhausted, "OVERLOADED", 250, "a"]);
  });
});

describe("complete errors", () => {
  test("two infos - become one", () => {
    const error = reasonError(ErrorReason.SOLD_OUT, "x");
    error.details = [...error.details, ...reasonError(ErrorReason.WRONG_STATE, "y").details];
    expect(withErrorInfo(error).findDetails(ErrorInfoSchema).map(({ reason }) => reason)).toEqual(["SOLD_OUT"]);
  });

  test("every code - has a generic reason", () => {
    for (const code of Object.values(Code).filter((value) => typeof value === "number")) {
      expect(reasonOf(completeError(new ConnectError("x", code)).error)).toBeDefined();
    }
  });

  test("an abort - is the caller's doing only where the call's signal fired", () => {
    const abort = new DOMException("x", "AbortError");
    expect(reasonOf(completeError(abort, { signal: AbortSignal.abort() }).error)).toBe("CALL_CANCELLED");
    expect(completeError(abort, { signal: new AbortController().signal })).toMatchObject({ fault: abort, error: { code: Code.Internal } });
    expect(completeError("a string").fault).toBe("a string");
  });
});
