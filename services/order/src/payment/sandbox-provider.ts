import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "@flashdeal/runtime/database";
import type { Clock, PaymentProvider, PaymentStatus } from "../domain/ports.ts";
import { getSandboxPayment, insertSandboxPayment, updateSandboxRefund } from "../store/gen/sandbox.sql.ts";
import { readSandboxToken } from "./sandbox-token.ts";

/** How the sandbox provider behaves where a token does not say. */
export interface SandboxProviderOptions {
  /** Its ledger is the table orders.sandbox_payments, which nothing else reads. */
  readonly database: Database;
  readonly clock: Clock;
  /** How long each payment takes, in milliseconds. */
  readonly delayMs: number;
  /** How long a caller waits for an answer before it counts as lost, in milliseconds. */
  readonly answerTimeoutMs: number;
}

/** The answer did not come in time. The payment may be captured; `lookUp` tells. */
export class PaymentAnswerLostError extends Error {
  override readonly name = "PaymentAnswerLostError";
}

/**
 * The built-in provider: it moves no money, but keeps a ledger as a real one would, so that outcomes survive lost answers and
 * restarts. Each payment id is decided once, by whoever comes first.
 */
export function createSandboxProvider(options: SandboxProviderOptions): PaymentProvider {
  const { database, clock } = options;
  const statusOf = async (paymentId: string): Promise<PaymentStatus> => {
    const row = await getSandboxPayment(database, { paymentId });
    if (row === undefined) return { kind: "absent" };
    if (row.settleTime > clock.now()) return { kind: "open" };
    return row.captured ? { kind: "captured" } : { kind: "refused", declineCode: row.declineCode };
  };
  return {
    async capture({ paymentId, amount, paymentToken }) {
      const plan = readSandboxToken(paymentToken, options.delayMs);
      const createTime = clock.now();
      const { captured, declineCode } = plan;
      const settleTime = new Date(createTime.getTime() + plan.delayMs);
      const { currencyCode: currency, units, nanos } = amount;
      await insertSandboxPayment(database, { paymentId, captured, declineCode, currency, units, nanos, settleTime, createTime });
      await sleep(Math.min(plan.loseAnswer ? options.answerTimeoutMs : plan.delayMs, options.answerTimeoutMs));
      const status = plan.loseAnswer ? undefined : await statusOf(paymentId);
      if (status?.kind === "captured" || status?.kind === "refused") return status;
      throw new PaymentAnswerLostError(`the provider did not answer within ${options.answerTimeoutMs} ms`);
    },
    lookUp: statusOf,
    async abandon(paymentId) {
      const now = clock.now();
      const nothing = { captured: false, declineCode: "abandoned", currency: "", units: 0n, nanos: 0 };
      await insertSandboxPayment(database, { ...nothing, paymentId, settleTime: now, createTime: now });
      return statusOf(paymentId);
    },
    refund: async (paymentId) => (await updateSandboxRefund(database, { paymentId, refundTime: clock.now() })) > 0,
  };
}
