import type { ServiceImpl } from "@connectrpc/connect";
import type { AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import { requireUser } from "@flashdeal/runtime/auth";
import { z } from "zod";
import type { UserStore } from "../domain/ports.ts";
import { userNotFound } from "./errors.ts";
import { toUserMessage } from "./messages.ts";

/** A service may act for an id that never came from here; the database takes nothing but UUIDs. */
const userIdSchema = z.guid();

/** GetMe */
export function createGetMe(users: UserStore): ServiceImpl<typeof AuthService>["getMe"] {
  return async (_request, context) => {
    const userId = userIdSchema.safeParse(requireUser(context).userId);
    const user = userId.success ? await users.findById(userId.data) : undefined;
    if (user === undefined) throw userNotFound();
    return { user: toUserMessage(user) };
  };
}
