import { create } from "@bufbuild/protobuf";
import { DealCancelledSchema, DealCreatedSchema } from "@flashdeal/proto/flashdeal/product/v1/product_events_pb";
import type { Transaction } from "@flashdeal/runtime/database";
import { outboxRow } from "@flashdeal/runtime/outbox";
import { newId } from "@flashdeal/runtime/ids";
import type { Deal } from "../domain/deal.ts";
import type { Clock, WriteSession } from "../domain/ports.ts";
import { dealMessage } from "../message/deal-message.ts";
import { appendEvents } from "./append-events.ts";
import { cancelDeal, insertDeal, listDealsById } from "./gen/deals.sql.ts";
import { lockProduct } from "./gen/products.sql.ts";
import { toDeal } from "./rows.ts";

/** The writes of deals in one transaction. */
export function createDealWrites(tx: Transaction, clock: Clock): Pick<WriteSession, "createDeal" | "cancelDeal"> {
  return {
    async createDeal(input) {
      const { productId } = input;
      const product = await lockProduct(tx, { productId });
      if (product === undefined) return { kind: "product-not-found", productId };
      if (input.price.currencyCode !== product.priceCurrency) return { kind: "currency-differs", currencyCode: product.priceCurrency };
      const now = clock.now();
      const startTime = input.startTime ?? now;
      if (startTime >= input.endTime) return { kind: "window-empty", startTime };
      const { vendorItemId } = product;
      const title = input.title ?? product.name;
      const times = { startTime, cancelTime: undefined, createTime: now, updateTime: now };
      const deal: Deal = { ...input, ...times, dealId: newId(), vendorItemId, title };
      const { currencyCode: priceCurrency, units: priceUnits, nanos: priceNanos } = deal.price;
      await insertDeal(tx, { ...deal, priceCurrency, priceUnits, priceNanos });
      const event = create(DealCreatedSchema, { deal: dealMessage(deal, now) });
      await appendEvents(tx, [outboxRow(DealCreatedSchema, event, { aggregateKey: deal.dealId })], now);
      return { kind: "created", deal };
    },
    async cancelDeal(dealId) {
      const now = clock.now();
      const changed = await cancelDeal(tx, { dealId, cancelTime: now });
      const [row] = await listDealsById(tx, { dealIds: [dealId] });
      if (row === undefined) return { kind: "deal-not-found", dealId };
      const deal = toDeal(row);
      if (changed > 0) {
        const event = create(DealCancelledSchema, { deal: dealMessage(deal, now) });
        await appendEvents(tx, [outboxRow(DealCancelledSchema, event, { aggregateKey: dealId })], now);
      }
      return { kind: "cancelled", deal };
    },
  };
}
