import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { InventoryService } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { createInternalCallInterceptor, createInternalTokenSource } from "@flashdeal/runtime/auth";
import { createGrpcTransport } from "@flashdeal/runtime/rpc";

const fulfillmentCenterId = "ICN1";
const price = { currencyCode: "KRW", units: 1_000n, nanos: 0 };
/** Never sold out: every call is to become an order. */
const units = 1_000_000_000n;
const createdAtOnce = 100;

/** Makes deals of an hour, each on an item of its own with more stock than can be sold. Answers their ids. */
export async function stockDeals(productAddress: string, secret: string, count: number): Promise<readonly string[]> {
  const tokens = createInternalTokenSource({ secret, service: "bench" });
  const transport = createGrpcTransport({ address: productAddress, interceptors: [createInternalCallInterceptor(tokens)] });
  const products = createClient(ProductService, transport);
  const inventory = createClient(InventoryService, transport);
  const endTime = timestampFromMs(Date.now() + 3_600_000);
  const one = async (index: number): Promise<string> => {
    const vendorItemId = `item-${String(index).padStart(5, "0")}`;
    const { product } = await products.createProduct({ product: { vendorItemId, name: "Shoes", price } });
    await inventory.receiveStock({ vendorItemId, fulfillmentCenterId, quantity: units, reason: "bench" });
    const { deal } = await products.createDeal({ deal: { productId: product?.productId ?? "", fulfillmentCenterId, title: "Flash deal", dealPrice: price, endTime } });
    return deal?.dealId ?? "";
  };
  const dealIds: string[] = [];
  for (let start = 0; start < count; start += createdAtOnce) {
    dealIds.push(...(await Promise.all(Array.from({ length: Math.min(createdAtOnce, count - start) }, (_, index) => one(start + index)))));
  }
  transport.close();
  return dealIds;
}
