import { canonicalEmail, canonicalPassword, displayNameFrom } from "./account-input.ts";
import type { Clock, PasswordHasher, UserStore } from "./ports.ts";

/** What the first admin needs. */
export interface FirstAdminDependencies {
  readonly users: UserStore;
  readonly passwords: PasswordHasher;
  readonly clock: Clock;
  readonly newId: () => string;
}

/** What was done about the first admin. */
export type FirstAdminOutcome = "created" | "promoted" | "unchanged";

/**
 * Sees to it that the configured account exists and is an admin's. A customer's account of that address is promoted with the configured
 * password and loses its sessions: whoever registered the address first must not become admin by it. An admin's account
 * stays as it is, password included. Repeating it, also from several processes at once, changes nothing.
 */
export async function ensureFirstAdmin(
  deps: FirstAdminDependencies,
  admin: { readonly email: string; readonly password: string },
): Promise<FirstAdminOutcome> {
  const email = canonicalEmail(admin.email);
  const found = await deps.users.findByEmail(email);
  if (found?.role === "ADMIN") return "unchanged";

  const passwordHash = await deps.passwords.hash(canonicalPassword(admin.password));
  const now = deps.clock.now();
  if (found !== undefined) return (await deps.users.promoteToAdmin(found.userId, passwordHash, now)) ? "promoted" : "unchanged";

  const displayName = displayNameFrom("", email);
  const name = "name" in displayName ? displayName.name : email;
  const user = { userId: deps.newId(), email, displayName: name, role: "ADMIN" as const, createTime: now, updateTime: now };
  const outcome = await deps.users.create(user, passwordHash, undefined);
  // Another process, or a sign-up, took the address since: look again, and promote where it is a customer's.
  return outcome.kind === "created" ? "created" : ensureFirstAdmin(deps, admin);
}
