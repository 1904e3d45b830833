import type { Database } from "@flashdeal/runtime/database";
import type { RotationRequest, SessionStore } from "../domain/ports.ts";
import { decideRotation, type RotationOutcome } from "../domain/refresh-rotation.ts";
import {
  deleteOldestRefreshFamilies,
  getRefreshToken,
  insertRefreshFamily,
  insertRefreshToken,
  lockRefreshFamily,
  updateRefreshFamilyExpireTime,
  updateRefreshFamilyRevoked,
  updateRefreshFamilyRevokedByToken,
  updateRefreshTokenUsed,
} from "./gen/refresh-tokens.sql.ts";
import { getUser } from "./gen/users.sql.ts";

/** Sessions in the schema `auth`. The family's row is the lock under which its tokens change. */
export function createSessionStore(database: Database): SessionStore {
  return {
    begin: (family, maxFamilies) =>
      database.transaction(async (tx) => {
        await insertRefreshFamily(tx, family);
        await insertRefreshToken(tx, family);
        await deleteOldestRefreshFamilies(tx, { userId: family.userId, maxFamilies });
      }),
    rotate: (request) => rotate(database, request),
    revoke: async (tokenHash, now) => {
      await updateRefreshFamilyRevokedByToken(database, { tokenHash, revokeTime: now });
    },
  };
}

function rotate(database: Database, request: RotationRequest): Promise<RotationOutcome> {
  const { tokenHash, now, nextExpireTime } = request;
  return database.transaction(async (tx) => {
    const family = await lockRefreshFamily(tx, { tokenHash });
    const token = family && (await getRefreshToken(tx, { tokenHash }));
    if (family === undefined || token === undefined) return { kind: "invalid" };
    const { familyId } = family;
    switch (decideRotation({ ...token, familyRevokeTime: family.revokeTime }, now)) {
      case "refuse":
        return { kind: "invalid" };
      case "revoke-family":
        await updateRefreshFamilyRevoked(tx, { familyId, revokeTime: now });
        return { kind: "reused" };
      case "rotate": {
        const user = await getUser(tx, { userId: family.userId });
        if (user === undefined) return { kind: "invalid" };
        await updateRefreshTokenUsed(tx, { tokenHash, useTime: now });
        await insertRefreshToken(tx, { tokenHash: request.nextTokenHash, familyId, createTime: now, expireTime: nextExpireTime });
        await updateRefreshFamilyExpireTime(tx, { familyId, expireTime: nextExpireTime });
        return { kind: "rotated", userId: user.userId, role: user.role };
      }
    }
  });
}
