import type { Database, Queryable } from "@flashdeal/runtime/database";
import { z } from "zod";
import type { CreateUserOutcome, IdempotencyKey, UserStore } from "../domain/ports.ts";
import { getIdempotencyRecord, upsertIdempotencyRecord } from "./gen/idempotency.sql.ts";
import { updateRefreshFamiliesRevokedByUser } from "./gen/refresh-tokens.sql.ts";
import {
  getCredentialByEmail,
  getUser,
  getUserByEmail,
  insertUser,
  updateCredentialHash,
  updateUserToAdmin,
  upsertCredential,
} from "./gen/users.sql.ts";

const method = "flashdeal.auth.v1.AuthService/SignUp";

/** The answer to a keyed SignUp as it is kept. */
const signUpResult = z.object({
  userId: z.string(),
  email: z.string(),
  displayName: z.string(),
  role: z.enum(["CUSTOMER", "ADMIN"]),
  createTime: z.coerce.date(),
  updateTime: z.coerce.date(),
});

/** Accounts in the schema `auth`. */
export function createUserStore(database: Database): UserStore {
  return {
    findObstacle: (email, key, now) => findObstacle(database, email, key, now),
    create: (user, passwordHash, key) =>
      database.transaction(async (tx) => {
        // The unique address decides between concurrent calls: the later one waits here for the earlier one's end.
        if ((await insertUser(tx, user)) === 0) {
          return (await findObstacle(tx, user.email, key, user.createTime)) ?? { kind: "email-taken" };
        }
        await upsertCredential(tx, { userId: user.userId, passwordHash, updateTime: user.updateTime });
        if (key !== undefined) {
          await upsertIdempotencyRecord(tx, { caller: user.email, method, ...key, result: user });
        }
        return { kind: "created", user };
      }),
    findById: (userId) => getUser(database, { userId }),
    findByEmail: (email) => getUserByEmail(database, { email }),
    findCredential: (email) => getCredentialByEmail(database, { email }),
    replaceHash: async (credential, passwordHash) => {
      await updateCredentialHash(database, { userId: credential.userId, oldPasswordHash: credential.passwordHash, passwordHash });
    },
    promoteToAdmin: (userId, passwordHash, now) =>
      database.transaction(async (tx) => {
        if ((await updateUserToAdmin(tx, { userId, updateTime: now })) === 0) return false;
        await upsertCredential(tx, { userId, passwordHash, updateTime: now });
        await updateRefreshFamiliesRevokedByUser(tx, { userId, revokeTime: now });
        return true;
      }),
  };
}

/**
 * Account and record appear by one commit, so the account is looked up first: whoever sees it sees its record as well. The other way
 * round a commit between the two statements would show the account without its record.
 */
async function findObstacle(
  db: Queryable,
  email: string,
  key: IdempotencyKey | undefined,
  now: Date,
): Promise<CreateUserOutcome | undefined> {
  if ((await getUserByEmail(db, { email })) === undefined) return undefined;
  if (key === undefined) return { kind: "email-taken" };
  const record = await getIdempotencyRecord(db, { caller: email, method, requestId: key.requestId, now });
  if (record === undefined) return { kind: "email-taken" };
  const samePayload = Buffer.compare(record.fingerprint, key.fingerprint) === 0;
  return samePayload ? { kind: "created", user: signUpResult.parse(record.result) } : { kind: "request-id-reused" };
}
