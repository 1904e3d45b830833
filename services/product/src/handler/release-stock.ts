import { create } from "@bufbuild/protobuf";
import type { MethodImpl } from "@connectrpc/connect";
import { ReleaseStockResponseSchema, type InventoryService } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { resolveEntries } from "./resolve-entries.ts";
import type { HandlerServices } from "./services.ts";

/** Gives holds back. */
export function releaseStock({ reservations }: HandlerServices): MethodImpl<typeof InventoryService.method.releaseStock> {
  return async ({ entries }, context) =>
    create(ReleaseStockResponseSchema, { results: await resolveEntries(reservations, entries, "RELEASE", context) });
}
