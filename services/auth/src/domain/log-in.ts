import { canBeRegistered, canonicalEmail, canonicalPassword } from "./account-input.ts";
import type { Credential, HashQueue, LoginThrottle, PasswordHasher, UserStore } from "./ports.ts";
import { beginSession, type SessionDependencies, type TokenPair } from "./sessions.ts";

/** What LogIn needs. */
export interface LogInDependencies extends SessionDependencies {
  readonly users: UserStore;
  readonly passwords: PasswordHasher;
  readonly hashQueue: HashQueue;
  readonly throttle: LoginThrottle;
}

/** Who wants in. */
export interface LogInInput {
  readonly email: string;
  readonly password: string;
  /** Network address of the client, where it is known. */
  readonly address: string | undefined;
}

/** What became of a log-in. */
export type LogInOutcome =
  | { readonly kind: "logged-in"; readonly tokens: TokenPair }
  | { readonly kind: "credentials-invalid" }
  | { readonly kind: "throttled"; readonly retryAfterMs: number }
  | { readonly kind: "overloaded"; readonly retryAfterMs: number };

type Check = Exclude<LogInOutcome, { kind: "logged-in" | "overloaded" }> | { readonly kind: "verified"; readonly credential: Credential };

/**
 * Exchanges an e-mail and a password for a session. An unknown address costs as much time as a wrong password, counts as a failure
 * just the same and gets the same answer.
 */
export async function logIn(deps: LogInDependencies, input: LogInInput, signal: AbortSignal): Promise<LogInOutcome> {
  const subject = { email: canonicalEmail(input.email), address: input.address };
  const blockedForMs = await deps.throttle.blockedForMs(subject);
  if (blockedForMs > 0) return { kind: "throttled", retryAfterMs: blockedForMs };

  const found = canBeRegistered(subject.email) ? await deps.users.findCredential(subject.email) : undefined;
  const turn = await deps.hashQueue.run(() => check(deps, subject, found, canonicalPassword(input.password)), signal);
  if (turn.kind === "overloaded") return turn;
  if (turn.value.kind !== "verified") return turn.value;
  const { userId, role } = turn.value.credential;
  return { kind: "logged-in", tokens: await beginSession(deps, userId, role) };
}

/**
 * Runs when it is this log-in's turn. It asks the throttle again, so that a flood of guesses that all arrived before the first of them
 * failed gets no further than the limit plus the few that are hashed at once.
 */
async function check(
  deps: LogInDependencies,
  subject: { readonly email: string; readonly address: string | undefined },
  credential: Credential | undefined,
  password: string,
): Promise<Check> {
  const blockedForMs = await deps.throttle.blockedForMs(subject);
  if (blockedForMs > 0) return { kind: "throttled", retryAfterMs: blockedForMs };
  const matches = await deps.passwords.matches(credential?.passwordHash, password);
  if (credential === undefined || !matches) {
    await deps.throttle.recordFailure(subject);
    return { kind: "credentials-invalid" };
  }
  if (deps.passwords.isOutdated(credential.passwordHash)) {
    await deps.users.replaceHash(credential, await deps.passwords.hash(password));
  }
  return { kind: "verified", credential };
}
