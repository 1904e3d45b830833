import { randomBytes } from "node:crypto";

/** The admin of platforms that tests start. */
export const testAdmin = { email: "admin@flashdeal.example", password: "flash-deal-test" } as const;

/** Time to pay on platforms that tests start: long enough for a rush of a thousand buyers on a busy machine, short enough to wait for. */
export const testHoldMs = 25_000;

/** A secret for one platform. */
export function newSecret(): string {
  return randomBytes(32).toString("hex");
}

/** Settings of every service: hashes that cost little, and times that a test can wait for. */
export function testSettings(internalTokenSecret: string): Readonly<Record<string, string>> {
  return {
    LOG_LEVEL: "warn",
    ADMIN_EMAIL: testAdmin.email,
    ADMIN_PASSWORD: testAdmin.password,
    INTERNAL_TOKEN_SECRET: internalTokenSecret,
    ARGON2_MEMORY_KIB: "64",
    ARGON2_ITERATIONS: "1",
    MAX_LOGIN_FAILURES_PER_ADDRESS: "1000000",
    ORDER_PAY_WITHIN: `${testHoldMs}ms`,
    ORDER_HOLD_MARGIN: "3s",
    ORDER_CAPTURE_GRACE: "1s",
    ORDER_SWEEP_INTERVAL: "100ms",
    ORDER_PAYMENT_TIMEOUT: "1s",
    ORDER_PAYMENT_CHECK_DELAY: "2s",
    PRODUCT_SWEEP_INTERVAL: "500ms",
    PRODUCT_SWEEP_GRACE: "1s",
  };
}
