import { randomUUID } from "node:crypto";
import type { TokenPair } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import type { AuthRig } from "./auth-rig.ts";

/** The password of every test user. */
export const testPassword = "correct horse battery staple";

/** An address that nobody has yet. */
export function newEmail(): string {
  return `user-${randomUUID()}@example.com`;
}

/** Signs a new user up and logs it in. */
export async function newUser(rig: AuthRig): Promise<{ readonly userId: string; readonly email: string; readonly tokens: TokenPair }> {
  const email = newEmail();
  const { user } = await rig.client.signUp({ email, password: testPassword });
  return { userId: user?.userId ?? "", email, tokens: await logIn(rig, email) };
}

/** Logs a test user in. */
export async function logIn(rig: AuthRig, email: string): Promise<TokenPair> {
  const { tokens } = await rig.client.logIn({ email, password: testPassword });
  if (tokens === undefined) throw new Error("no tokens");
  return tokens;
}

/** Call options that carry an access token. */
export function bearer(token: string): { readonly headers: { readonly authorization: string } } {
  return { headers: { authorization: `Bearer ${token}` } };
}

/** Counts rows: `countRows(rig, "auth.users")`. */
export async function countRows(rig: AuthRig, table: string, where = "true"): Promise<number> {
  const { rows } = await rig.database.query({ name: "", text: `SELECT count(*)::int FROM ${table} WHERE ${where}` }, []);
  return Number(rows[0]?.[0]);
}
