import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { CommitStockResponseSchema, type InventoryService } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { resolveEntries } from "./resolve-entries.ts";
import type { HandlerServices } from "./services.ts";

/** Turns holds into sales. */
export function commitStock({ reservations }: HandlerServices): MethodImpl<typeof InventoryService.method.commitStock> {
  return async ({ entries }, context) =>
    create(CommitStockResponseSchema, { results: await resolveEntries(reservations, entries, "COMMIT", context) });
}
