import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";
import { type Order, OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { InventoryService } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { ProductService, type Deal, type DealSchema, type Product, type ProductSchema } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../caller/caller.ts";
import { ok, present } from "./expect.ts";
import { pooled } from "./eventually.ts";
import type { Buyer } from "./world.ts";

/** A deal with the stock that it sells. */
export interface DealFixture {
  readonly deal: Deal;
  readonly dealId: string;
  readonly product: Product;
  /** The stock's key, as requests take it. */
  readonly key: { readonly vendorItemId: string; readonly fulfillmentCenterId: string };
}

/** Fields of a resource that stand beside the usual ones, or instead of them. */
type Fields<Desc extends DescMessage> = Omit<MessageInitShape<Desc>, "$typeName" | "$unknown">;

export interface DealOptions {
  /** Units received. 0: none, the key does not exist. Default: 10. */
  readonly units?: number;
  /** Default: no limit. */
  readonly perUserLimit?: number;
  /** Further fields of the deal. */
  readonly deal?: Fields<typeof DealSchema>;
}

/** Makes what cases need. Everything is new, so that cases never meet. */
export interface Fixtures {
  /** A key nobody used before: for stock, idempotency, names. At most 40 characters. */
  unique(prefix: string): string;
  newBuyer(): Promise<Buyer>;
  /** Buyers that other cases may have used before; each has an account of its own. */
  crowd(count: number): Promise<readonly Buyer[]>;
  newProduct(init?: Fields<typeof ProductSchema>): Promise<Product>;
  newDeal(options?: DealOptions): Promise<DealFixture>;
  /** An order of `quantity` units of the deal, with a key of its own. */
  newOrder(buyer: Buyer, deal: DealFixture, quantity?: number): Promise<Order>;
  newPaidOrder(buyer: Buyer, deal: DealFixture, quantity?: number): Promise<Order>;
}

const signUpsAtOnce = 16;

const unique = (prefix: string): string => `${prefix}-${uuidv7().slice(-22).replaceAll("-", "")}`;
const key = (): string => unique("key");

/** `crowd` is shared by all worlds of a platform: making a thousand accounts takes long. */
export function createFixtures(caller: Caller, adminToken: () => Promise<string>, crowd: Buyer[]): Fixtures {
  const newBuyer = async (): Promise<Buyer> => {
    const email = `${unique("buyer")}@flashdeal.example`;
    const password = "correct-horse-battery";
    const { user } = await ok(caller.unary(AuthService.method.signUp, { email, password }));
    const { tokens } = await ok(caller.unary(AuthService.method.logIn, { email, password }));
    const { accessToken: token, refreshToken } = present(tokens);
    return { userId: present(user).userId, email, password, token, refreshToken };
  };
  const newProduct = async (init: Fields<typeof ProductSchema> = {}): Promise<Product> => {
    const product = { vendorItemId: unique("ITEM"), name: "Sneaker", price: { currencyCode: "USD", units: 180n }, ...init };
    const answer = await ok(caller.unary(ProductService.method.createProduct, { product }, { token: await adminToken(), key: key() }));
    return present(answer.product);
  };
  const newDeal = async (options: DealOptions = {}): Promise<DealFixture> => {
    const token = await adminToken();
    const product = await newProduct();
    const stockKey = { vendorItemId: product.vendorItemId, fulfillmentCenterId: "ICN1" };
    const { units = 10, perUserLimit = 0 } = options;
    if (units > 0) await ok(caller.unary(InventoryService.method.receiveStock, { ...stockKey, quantity: BigInt(units) }, { token, key: key() }));
    const deal = {
      productId: product.productId,
      fulfillmentCenterId: stockKey.fulfillmentCenterId,
      title: "Sneaker at half the price",
      dealPrice: { currencyCode: "USD", units: 90n },
      endTime: timestampFromMs(Date.now() + 3_600_000),
      perUserLimit: BigInt(perUserLimit),
      ...options.deal,
    };
    const answer = await ok(caller.unary(ProductService.method.createDeal, { deal }, { token, key: key() }));
    const created = present(answer.deal);
    return { deal: created, dealId: created.dealId, product, key: stockKey };
  };
  const newOrder = async (buyer: Buyer, deal: DealFixture, quantity = 1): Promise<Order> => {
    const lines = [{ dealId: deal.dealId, quantity: BigInt(quantity) }];
    const answer = await ok(caller.unary(OrderService.method.createOrder, { lines }, { token: buyer.token, key: key() }));
    return present(answer.order);
  };
  return {
    unique,
    newBuyer,
    newProduct,
    newDeal,
    newOrder,
    async crowd(count) {
      const missing = Array.from({ length: Math.max(0, count - crowd.length) });
      crowd.push(...(await pooled(missing, signUpsAtOnce, newBuyer)));
      return crowd.slice(0, count);
    },
    async newPaidOrder(buyer, deal, quantity) {
      const { orderId } = await newOrder(buyer, deal, quantity);
      const answer = await ok(caller.unary(OrderService.method.payOrder, { orderId, paymentToken: "sandbox-ok" }, { token: buyer.token, key: key() }));
      return present(answer.order);
    },
  };
}
