import type { Database } from "@flashdeal/runtime/database";
import type { DealState } from "../domain/deal.ts";
import type { CatalogueReader, Clock } from "../domain/ports.ts";
import { foldName } from "../domain/product.ts";
import { listDeals, listDealsById, type ListDealsArgs } from "./gen/deals.sql.ts";
import { getProduct, listProducts } from "./gen/products.sql.ts";
import { toDeal, toProduct } from "./rows.ts";

/** Products and deals in Postgres. */
export function createCatalogueReader({ database, clock }: { readonly database: Database; readonly clock: Clock }): CatalogueReader {
  return {
    async getProduct(productId) {
      const row = await getProduct(database, { productId });
      return row === undefined ? undefined : toProduct(row);
    },
    async listProducts({ beforeProductId, tag, nameContains, vendorItemId, maxRows }) {
      const rows = await listProducts(database, {
        beforeProductId: beforeProductId ?? null,
        tag: tag ?? null,
        nameFolded: nameContains === undefined ? null : foldName(nameContains),
        vendorItemId: vendorItemId ?? null,
        maxRows,
      });
      return rows.map(toProduct);
    },
    async getDeal(dealId) {
      const [row] = await listDealsById(database, { dealIds: [dealId] });
      return row === undefined ? undefined : toDeal(row);
    },
    async listDeals({ beforeDealId, productId, state, maxRows }) {
      const bounds = stateBounds(state, clock.now());
      const rows = await listDeals(database, { beforeDealId: beforeDealId ?? null, productId: productId ?? null, ...bounds, maxRows });
      return rows.map(toDeal);
    },
  };
}

type StateBounds = Pick<ListDealsArgs, "cancelled" | "startsAfter" | "startedBy" | "endsAfter" | "endedBy">;

/** The same rule as `dealState`, as bounds that an index can use. */
function stateBounds(state: DealState | undefined, now: Date): StateBounds {
  const open = { cancelled: false, startsAfter: null, startedBy: null, endsAfter: null, endedBy: null };
  switch (state) {
    case undefined:
      return { ...open, cancelled: null };
    case "SCHEDULED":
      return { ...open, startsAfter: now };
    case "ACTIVE":
      return { ...open, startedBy: now, endsAfter: now };
    case "ENDED":
      return { ...open, endedBy: now };
    case "CANCELLED":
      return { ...open, cancelled: true };
  }
}
