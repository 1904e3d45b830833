import type { RotationOutcome } from "./refresh-rotation.ts";
import type { ScheduledKey } from "./signing-keys.ts";
import type { Role, User } from "./user.ts";

/** The time of day. */
export interface Clock {
  now(): Date;
}

/** An account's secret side. */
export interface Credential {
  readonly userId: string;
  readonly role: Role;
  /** PHC string. */
  readonly passwordHash: string;
}

/** What makes a repeated SignUp answer like the first: the key, and what the payload was. */
export interface IdempotencyKey {
  readonly requestId: string;
  /** 32 bytes; the same payload has the same one. */
  readonly fingerprint: Uint8Array;
  readonly expireTime: Date;
}

/** What became of a new account. `created` is also the answer to a repeated call with the same key and payload. */
export type CreateUserOutcome =
  | { readonly kind: "created"; readonly user: User }
  | { readonly kind: "email-taken" }
  | { readonly kind: "request-id-reused" };

/** Accounts. */
export interface UserStore {
  /** What a call like this would meet now, without storing anything; undefined where the way is free. */
  findObstacle(email: string, key: IdempotencyKey | undefined, now: Date): Promise<CreateUserOutcome | undefined>;
  /** Stores account, credential and idempotency record, all or none of them. Of several calls for one address one creates it. */
  create(user: User, passwordHash: string, key: IdempotencyKey | undefined): Promise<CreateUserOutcome>;
  findById(userId: string): Promise<User | undefined>;
  findByEmail(email: string): Promise<User | undefined>;
  findCredential(email: string): Promise<Credential | undefined>;
  /** Replaces a hash by another of the same password, unless the password was set meanwhile. */
  replaceHash(credential: Credential, passwordHash: string): Promise<void>;
  /** Makes the account an admin's, sets its password and ends its sessions. Changes nothing where it is an admin's. */
  promoteToAdmin(userId: string, passwordHash: string, now: Date): Promise<boolean>;
}

/** Slow hashes of passwords. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** Without a hash, works as long as with one and answers false, so that time does not tell who has an account. */
  matches(passwordHash: string | undefined, password: string): Promise<boolean>;
  /** Whether the hash was made with other parameters than those in use now. */
  isOutdated(passwordHash: string): boolean;
}

/** What came of waiting for a turn. */
export type Turn<T> = { readonly kind: "done"; readonly value: T } | { readonly kind: "overloaded"; readonly retryAfterMs: number };

/** Lets a bounded number of hashes run at once and a bounded number wait. */
export interface HashQueue {
  /** Runs `work` when it is its turn. Rejects with the signal's reason where that fires first. */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<Turn<T>>;
}

/** Counts failed log-ins by account and by address. */
export interface LoginThrottle {
  /** How long log-ins are refused from now on, in milliseconds; 0: they are not. */
  blockedForMs(subject: LoginSubject): Promise<number>;
  recordFailure(subject: LoginSubject): Promise<void>;
}

/** Who fails to log in, and from where. */
export interface LoginSubject {
  /** In lower case. Counted whether it is registered or not. */
  readonly email: string;
  /** Network address of the client, where it is known. */
  readonly address: string | undefined;
}

/** A signed access token. */
export interface AccessToken {
  readonly token: string;
  readonly expireTime: Date;
}

/** Signs an access token; does nothing that can fail for want of a server. */
export type SignAccessToken = (userId: string, role: Role) => Promise<AccessToken>;

/** Makes access tokens. */
export interface AccessTokenIssuer {
  /** Gets the current key ready. Asked for before a write whose answer needs a token, so that a failure comes first. */
  signer(): Promise<SignAccessToken>;
}

/** A public key (RFC 7517). */
export interface PublicKey {
  readonly kty: "EC";
  readonly kid: string;
  readonly use: "sig";
  readonly alg: "ES256";
  readonly crv: "P-256";
  readonly x: string;
  readonly y: string;
}

/** A signing key as it is stored. */
export interface StoredSigningKey extends ScheduledKey {
  readonly publicKey: PublicKey;
  /** Nonce, ciphertext and tag of AES-256-GCM over the PKCS #8 form. */
  readonly encryptedPrivateKey: Uint8Array;
  readonly createTime: Date;
}

/** Signing keys. */
export interface SigningKeyStore {
  list(): Promise<readonly StoredSigningKey[]>;
  /** False where another process stored this generation first. */
  insert(key: StoredSigningKey): Promise<boolean>;
  delete(keyIds: readonly string[]): Promise<void>;
}

/** Opaque refresh tokens: 256 random bits, of which only a hash is stored. */
export interface RefreshTokens {
  create(): { readonly token: string; readonly hash: Uint8Array };
  /** SHA-256 of any text, whether it is a token of ours or not. */
  hash(token: string): Uint8Array;
}

/** The family of a new log-in with its first token. */
export interface NewFamily {
  readonly familyId: string;
  readonly userId: string;
  readonly tokenHash: Uint8Array;
  readonly createTime: Date;
  readonly expireTime: Date;
}

/** A token that is presented, and the one to follow it. */
export interface RotationRequest {
  readonly tokenHash: Uint8Array;
  readonly nextTokenHash: Uint8Array;
  readonly now: Date;
  readonly nextExpireTime: Date;
}

/** Refresh tokens and the families they descend in. */
export interface SessionStore {
  /** Begins a family. Beyond `maxFamilies` of one user the oldest end. */
  begin(family: NewFamily, maxFamilies: number): Promise<void>;
  /** Does what `decideRotation` says, under the family's lock: of concurrent uses of one token exactly one rotates. */
  rotate(request: RotationRequest): Promise<RotationOutcome>;
  /** Revokes the family of a token; nothing happens for an unknown one. */
  revoke(tokenHash: Uint8Array, now: Date): Promise<void>;
}
