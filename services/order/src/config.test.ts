import { ConfigError } from "@flashdeal/runtime/config";
import { expect, test } from "vitest";
import { loadOrderConfig } from "./config.ts";

test("config - has a default for everything", () => {
  expect(loadOrderConfig({})).toMatchObject({ payWithinMs: 600_000, holdMarginMs: 60_000, captureGraceMs: 30_000, paymentTimeoutMs: 3_000 });
});

test("config - says every problem at once, also those between two settings", () => {
  expect(problems({ ORDER_PAY_WITHIN: "soon", ORDER_SWEEP_BATCH_SIZE: "0" })).toEqual(["ORDER_PAY_WITHIN", "ORDER_SWEEP_BATCH_SIZE"]);
  expect(problems({ ORDER_CAPTURE_GRACE: "1m", ORDER_PAYMENT_TIMEOUT: "20s" })).toEqual(["ORDER_CAPTURE_GRACE", "ORDER_PAYMENT_CHECK_DELAY"]);
});

/** The settings that are complained about. */
function problems(env: NodeJS.ProcessEnv): unknown[] {
  try {
    loadOrderConfig(env);
    return [];
  } catch (error) {
    return error instanceof ConfigError ? error.problems.map((problem) => problem.split(":")[0]) : [error];
  }
}
