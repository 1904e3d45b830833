import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Role as RoleMessage, TokenPairSchema, UserSchema, type TokenPair as TokenPairMessage, type User as UserMessage } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import type { TokenPair } from "../domain/sessions.ts";
import type { User } from "../domain/user.ts";

const roles = { CUSTOMER: RoleMessage.CUSTOMER, ADMIN: RoleMessage.ADMIN } as const;

/** An account as the contract shows it. */
export function toUserMessage(user: User): UserMessage {
  return create(UserSchema, {
    userId: user.userId,
    email: user.email,
    displayName: user.displayName,
    role: roles[user.role],
    createTime: timestampFromDate(user.createTime),
    updateTime: timestampFromDate(user.updateTime),
  });
}

/** A pair of tokens as the contract shows it. */
export function toTokenPairMessage(pair: TokenPair): TokenPairMessage {
  return create(TokenPairSchema, {
    accessToken: pair.accessToken,
    tokenType: "Bearer",
    accessTokenExpireTime: timestampFromDate(pair.accessTokenExpireTime),
    refreshToken: pair.refreshToken,
    refreshTokenExpireTime: timestampFromDate(pair.refreshTokenExpireTime),
  });
}
