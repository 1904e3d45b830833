import { randomUUID } from "node:crypto";
import type { ShopClient } from "./shop-client.ts";

/** A deal that is ready to be rushed. */
export interface PreparedDeal {
  readonly dealId: string;
  readonly vendorItemId: string;
  readonly fulfillmentCenterId: string;
  /** Units on hand before the rush. */
  readonly units: number;
}

export interface Buyer {
  readonly email: string;
  readonly token: string;
}

const password = "correct-horse-battery";

/** Logs in; answers the access token. */
export async function logIn(shop: ShopClient, email: string, secret: string): Promise<string> {
  const tokens = await shop.expect("POST", "/v1/auth/login", { body: { email, password: secret } });
  return String(tokens["accessToken"]);
}

/** As an admin: a new product, `units` of it in stock, and a deal of an hour that sells one to each buyer. */
export async function prepareDeal(shop: ShopClient, adminToken: string, units: number): Promise<PreparedDeal> {
  const vendorItemId = `SALE-${randomUUID()}`;
  const fulfillmentCenterId = "ICN1";
  const token = adminToken;
  const product = await shop.expect("POST", "/v1/products", {
    token,
    body: { vendorItemId, name: "Limited sneaker", price: { currencyCode: "USD", units: "180" } },
  });
  await shop.expect("POST", `/v1/stocks/${vendorItemId}/${fulfillmentCenterId}:receive`, {
    token,
    body: { quantity: String(units), reason: "for the sale" },
  });
  const deal = await shop.expect("POST", "/v1/deals", {
    token,
    body: {
      productId: product["productId"],
      fulfillmentCenterId,
      title: "Flash deal",
      dealPrice: { currencyCode: "USD", units: "90" },
      endTime: new Date(Date.now() + 3_600_000).toISOString(),
      perUserLimit: "1",
    },
  });
  return { dealId: String(deal["dealId"]), vendorItemId, fulfillmentCenterId, units };
}

/** Signs up and logs in `count` buyers, `concurrency` at a time. */
export async function prepareBuyers(
  shop: ShopClient,
  count: number,
  concurrency: number,
  onReady: () => void,
): Promise<readonly Buyer[]> {
  const run = randomUUID().slice(0, 8);
  const buyers: Buyer[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      const email = `buyer-${run}-${index}@flashdeal.example`;
      await shop.expect("POST", "/v1/auth/signup", { body: { email, password } });
      buyers.push({ email, token: await logIn(shop, email, password) });
      onReady();
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker));
  return buyers;
}
