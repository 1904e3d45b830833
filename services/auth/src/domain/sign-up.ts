import { canonicalEmail, canonicalPassword, displayNameFrom, type DisplayNameFault } from "./account-input.ts";
import type { Clock, CreateUserOutcome, HashQueue, IdempotencyKey, PasswordHasher, UserStore } from "./ports.ts";

/** What SignUp needs. */
export interface SignUpDependencies {
  readonly users: UserStore;
  readonly passwords: PasswordHasher;
  readonly hashQueue: HashQueue;
  /** Keyed hash of a payload, 32 bytes. Keyed, since the payload holds a password that a bare hash would give away. */
  readonly fingerprint: (payload: string) => Uint8Array;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly limits: {
    /** How long a repeated call answers like the first. */
    readonly idempotencyLifeMs: number;
  };
}

/** Who wants an account. */
export interface SignUpInput {
  readonly email: string;
  readonly password: string;
  /** Empty: the part of the address before the @. */
  readonly displayName: string;
  /** Empty: the call stands alone. */
  readonly requestId: string;
}

/** What became of a sign-up. */
export type SignUpOutcome =
  | CreateUserOutcome
  | { readonly kind: "display-name-invalid"; readonly fault: DisplayNameFault }
  | { readonly kind: "overloaded"; readonly retryAfterMs: number };

/**
 * Creates a customer account. A call that would be refused is refused before its password is hashed, and leaves nothing behind. Of two
 * concurrent calls with one key the second waits for the first one's transaction and answers the same.
 */
export async function signUp(deps: SignUpDependencies, input: SignUpInput, signal: AbortSignal): Promise<SignUpOutcome> {
  const email = canonicalEmail(input.email);
  const displayName = displayNameFrom(input.displayName, email);
  if ("fault" in displayName) return { kind: "display-name-invalid", fault: displayName.fault };

  const now = deps.clock.now();
  const password = canonicalPassword(input.password);
  const key = idempotencyKey(deps, { ...input, email, password }, now);
  const obstacle = await deps.users.findObstacle(email, key, now);
  if (obstacle !== undefined) return obstacle;

  const turn = await deps.hashQueue.run(() => deps.passwords.hash(password), signal);
  if (turn.kind === "overloaded") return turn;
  const user = { userId: deps.newId(), email, displayName: displayName.name, role: "CUSTOMER" as const, createTime: now, updateTime: now };
  return deps.users.create(user, turn.value, key);
}

function idempotencyKey(deps: SignUpDependencies, input: SignUpInput, now: Date): IdempotencyKey | undefined {
  if (input.requestId === "") return undefined;
  return {
    requestId: input.requestId,
    fingerprint: deps.fingerprint(JSON.stringify([input.email, input.password, input.displayName])),
    expireTime: new Date(now.getTime() + deps.limits.idempotencyLifeMs),
  };
}
