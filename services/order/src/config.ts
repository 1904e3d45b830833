import { ConfigError, duration, integer, loadConfig, type Config } from "@flashdeal/runtime/config";
import { serviceSettings } from "@flashdeal/runtime/lifecycle";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** The settings of the order service, whatever process hosts it. Times are in milliseconds. */
export const orderShape = {
  /** Time to pay. */
  payWithinMs: duration("ORDER_PAY_WITHIN", { default: 10 * minuteMs, minMs: 100, maxMs: 30 * 24 * hourMs }),
  /** How much longer than the time to pay the stock is held. */
  holdMarginMs: duration("ORDER_HOLD_MARGIN", { default: minuteMs, minMs: 10, maxMs: 24 * hourMs }),
  /** How long after the time to pay a payment that began in time may still be captured. Less than the hold's margin. */
  captureGraceMs: duration("ORDER_CAPTURE_GRACE", { default: 30_000, maxMs: 24 * hourMs }),
  /** Longest wait for an answer of the inventory, how often it is asked, and the first pause before it is asked again. */
  reserveTimeoutMs: duration("ORDER_RESERVE_TIMEOUT", { default: 5_000, minMs: 10, maxMs: minuteMs }),
  reserveMaxAttempts: integer("ORDER_RESERVE_MAX_ATTEMPTS", { default: 3, min: 1, max: 10 }),
  reserveRetryPauseMs: duration("ORDER_RESERVE_RETRY_PAUSE", { default: 50, minMs: 1, maxMs: 10_000 }),
  /** Longest wait for an answer of the payment provider; then the outcome is looked up. */
  paymentTimeoutMs: duration("ORDER_PAYMENT_TIMEOUT", { default: 3_000, minMs: 10, maxMs: minuteMs }),
  /** Pause before the sweeper looks at an open payment or refund (again). */
  paymentCheckDelayMs: duration("ORDER_PAYMENT_CHECK_DELAY", { default: 10_000, minMs: 10, maxMs: hourMs }),
  /** How long the sandbox provider takes for a payment, where the token does not say. */
  sandboxDelayMs: duration("SANDBOX_PAYMENT_DELAY", { default: 0, maxMs: minuteMs }),
  /** How often unpaid orders are expired and open payments looked up. */
  sweepIntervalMs: duration("ORDER_SWEEP_INTERVAL", { default: 1_000, minMs: 10, maxMs: hourMs }),
  /** How often the records of old requests are deleted. */
  cleanupIntervalMs: duration("ORDER_CLEANUP_INTERVAL", { default: 10 * minuteMs, minMs: 10, maxMs: 24 * hourMs }),
  /** Most rows that one sweeping transaction takes. */
  sweepBatchSize: integer("ORDER_SWEEP_BATCH_SIZE", { default: 500, min: 1, max: 10_000 }),
  /** Most orders of one batch: one call to the inventory, one transaction. 1: no group commit. Up to what the inventory takes in one call. */
  batchMaxSize: integer("ORDER_BATCH_MAX_SIZE", { default: 250, min: 1, max: 1_000 }),
  /** Most orders, and most steps of orders, that wait; a call that has no room is refused at once. At least what one call may bring. */
  batchMaxQueued: integer("ORDER_BATCH_MAX_QUEUED", { default: 10_000, min: 500, max: 1_000_000 }),
  /** Batches that run at once: one reserves while another is stored, and the answers of a third leave. */
  batchMaxInFlight: integer("ORDER_BATCH_MAX_IN_FLIGHT", { default: 3, min: 1, max: 100 }),
  /** Most watches open in this process; further ones are refused. */
  maxWatchers: integer("ORDER_MAX_WATCHERS", { default: 10_000, min: 1, max: 1_000_000 }),
  /** Longest time that a watched order is not read again, should a signal get lost. */
  watchPollIntervalMs: duration("ORDER_WATCH_POLL_INTERVAL", { default: 5_000, minMs: 10, maxMs: hourMs }),
};

/** What `composeOrder` needs to know. */
export type OrderConfig = Config<typeof orderShape>;

/** Reads the settings of the order service; throws one ConfigError that lists everything that is wrong. */
export function loadOrderConfig(env: NodeJS.ProcessEnv = process.env): OrderConfig {
  return checked(loadConfig(orderShape, env));
}

/** The settings of a process that is the order service and nothing else. */
export function loadOrderServiceConfig(env: NodeJS.ProcessEnv = process.env) {
  return checked(loadConfig({ ...serviceSettings({ grpcPort: 50_063, httpPort: 9_063 }), ...orderShape }, env));
}

function checked<Checked extends OrderConfig>(config: Checked): Checked {
  const problems: string[] = [];
  if (config.captureGraceMs >= config.holdMarginMs) {
    problems.push("ORDER_CAPTURE_GRACE: must be less than ORDER_HOLD_MARGIN, so that what was paid is still held.");
  }
  if (config.paymentTimeoutMs > config.paymentCheckDelayMs) {
    problems.push("ORDER_PAYMENT_CHECK_DELAY: must not be less than ORDER_PAYMENT_TIMEOUT, so that the sweeper leaves running calls alone.");
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}
