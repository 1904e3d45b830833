/** Most characters of a display name. */
export const maxDisplayNameLength = 100;

/** Why a display name is refused. */
export type DisplayNameFault = "control-character" | "too-long";

/** The form in which an address is stored, compared and counted: letter case does not matter. */
export function canonicalEmail(email: string): string {
  return email.toLowerCase();
}

/**
 * The form in which a password is hashed and compared: NFKC (NIST SP 800-63B, 3.1.1.2), so that one keyboard's composed
 * letters equal another's decomposed ones.
 */
export function canonicalPassword(password: string): string {
  return password.normalize("NFKC");
}

/**
 * The name for display: the one that was asked for, without spaces around it, or the part of the address before the @.
 * Postgres cannot store NUL, and no name has a line break: control characters are refused.
 */
export function displayNameFrom(asked: string, email: string): { readonly name: string } | { readonly fault: DisplayNameFault } {
  const name = asked.trim();
  if (/\p{Cc}/u.test(name)) return { fault: "control-character" };
  if ([...name].length > maxDisplayNameLength) return { fault: "too-long" };
  if (name !== "") return { name };
  const local = email.slice(0, email.lastIndexOf("@")).trim();
  return { name: [...(local === "" ? email : local)].slice(0, maxDisplayNameLength).join("") };
}

/** Whether an address can be one of ours at all. Others are not looked up: the database refuses NUL in a text. */
export function canBeRegistered(email: string): boolean {
  return email !== "" && !email.includes("\0");
}
