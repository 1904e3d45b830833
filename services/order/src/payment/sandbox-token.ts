/** What the sandbox provider is to do with a payment. */
export interface SandboxPlan {
  /** Whether the money is taken. */
  readonly captured: boolean;
  /** Why not; empty where it is. */
  readonly declineCode: string;
  /** How long the provider takes, in milliseconds. */
  readonly delayMs: number;
  /** Whether the answer gets lost although the payment is decided. */
  readonly loseAnswer: boolean;
}

const maxDelayMs = 3_600_000;

/**
 * Reads a token of the contract: `sandbox-ok` captures; `sandbox-refuse` refuses; `sandbox-timeout` captures, but the answer is
 * lost; `sandbox-delay-<ms>` captures after so many milliseconds, up to an hour. Any other is refused as `invalid_token`.
 */
export function readSandboxToken(token: string, defaultDelayMs: number): SandboxPlan {
  const ok: SandboxPlan = { captured: true, declineCode: "", delayMs: defaultDelayMs, loseAnswer: false };
  const refused = (declineCode: string): SandboxPlan => ({ ...ok, captured: false, declineCode });
  const delayMs = /^sandbox-delay-(\d{1,7})$/.exec(token)?.[1];
  if (delayMs !== undefined) return Number(delayMs) <= maxDelayMs ? { ...ok, delayMs: Number(delayMs) } : refused("invalid_token");
  switch (token) {
    case "sandbox-ok":
      return ok;
    case "sandbox-refuse":
      return refused("card_declined");
    case "sandbox-timeout":
      return { ...ok, loseAnswer: true };
    default:
      return refused("invalid_token");
  }
}
