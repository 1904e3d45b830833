import { clone, type DescMethod, type DescMessage, type Message, type MessageShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ShipmentService, ShipmentStatus } from "@flashdeal/proto/flashdeal/order/v1/shipment_service_pb";
import { ProductService } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import type { Money } from "@flashdeal/proto/google/type/money_pb";
import type { Malformation } from "./malformations.ts";

/** What the contract forbids in words only: what is required inside of resources, amounts of money, times, masks. */
export function explicitMalformations(method: DescMethod, sample: Message): readonly Malformation[] {
  return (table.get(method) ?? []).map(({ field, label, spoil, inJson = true }) => {
    const request = clone(method.input, sample as never) as Message;
    spoil(request);
    return { field, label: `${field} ${label}`, request, inJson };
  });
}

interface Entry {
  readonly field: string;
  readonly label: string;
  readonly spoil: (request: Message) => void;
  readonly inJson?: boolean;
}

const { createProduct, batchCreateProducts, updateProduct, createDeal } = ProductService.method;
const { createShipment, addShipmentUpdate } = ShipmentService.method;
/** The first second after the year 9999. */
const afterAllTimeSeconds = 253_402_300_800n;

const table: ReadonlyMap<DescMethod, readonly Entry[]> = new Map<DescMethod, readonly Entry[]>([
  [
    createProduct,
    [
      entry(createProduct, "product.vendor_item_id", "missing", ({ product }) => product && (product.vendorItemId = "")),
      entry(createProduct, "product.name", "missing", ({ product }) => product && (product.name = "")),
      entry(createProduct, "product.name", "blank", ({ product }) => product && (product.name = "  ")),
      entry(createProduct, "product.price", "missing", ({ product }) => product && delete product.price),
      ...moneyEntries(createProduct, "product.price", ({ product }) => product?.price),
    ],
  ],
  [
    batchCreateProducts,
    [
      entry(batchCreateProducts, "products[0].name", "missing", ({ products: [product] }) => product && (product.name = "")),
      ...moneyEntries(batchCreateProducts, "products[0].price", ({ products: [product] }) => product?.price),
      entry(batchCreateProducts, "products[1].vendor_item_id", "twice in one batch", ({ products }) => products[0] && products.push(products[0])),
    ],
  ],
  [
    updateProduct,
    [
      entry(updateProduct, "product.product_id", "missing", ({ product }) => product && (product.productId = "")),
      entry(updateProduct, "product.name", "emptied", ({ product }) => product && (product.name = "")),
      entry(updateProduct, "update_mask", "naming an unknown field", ({ updateMask }) => updateMask && (updateMask.paths = ["nonsense"])),
      entry(updateProduct, "update_mask", "naming a field that never changes", ({ updateMask }) => updateMask && (updateMask.paths = ["vendor_item_id"])),
      ...moneyEntries(updateProduct, "product.price", ({ product }) => product?.price),
    ],
  ],
  [
    createDeal,
    [
      entry(createDeal, "deal.product_id", "missing", ({ deal }) => deal && (deal.productId = "")),
      entry(createDeal, "deal.fulfillment_center_id", "missing", ({ deal }) => deal && (deal.fulfillmentCenterId = "")),
      entry(createDeal, "deal.deal_price", "missing", ({ deal }) => deal && delete deal.dealPrice),
      entry(createDeal, "deal.end_time", "missing", ({ deal }) => deal && delete deal.endTime),
      entry(createDeal, "deal.end_time", "not after the start", ({ deal }) => deal && (deal.startTime = timestampFromMs(Date.now() + 7_200_000))),
      entry(createDeal, "deal.end_time", "before now and without a start", ({ deal }) => deal && (deal.endTime = timestampFromMs(Date.now() - 60_000))),
      entry(createDeal, "deal.end_time", "after the year 9999", ({ deal }) => deal?.endTime && (deal.endTime.seconds = afterAllTimeSeconds), false),
      entry(createDeal, "deal.start_time", "with nanos below zero", ({ deal }) => deal?.endTime && (deal.startTime = { ...deal.endTime, nanos: -1 }), false),
      ...moneyEntries(createDeal, "deal.deal_price", ({ deal }) => deal?.dealPrice),
    ],
  ],
  [
    createShipment,
    [
      entry(createShipment, "shipment.order_id", "missing", ({ shipment }) => shipment && (shipment.orderId = "")),
      entry(createShipment, "shipment.carrier", "missing", ({ shipment }) => shipment && (shipment.carrier = "")),
      entry(createShipment, "shipment.tracking_number", "missing", ({ shipment }) => shipment && (shipment.trackingNumber = "")),
    ],
  ],
  [
    addShipmentUpdate,
    [
      entry(addShipmentUpdate, "update.status", "missing", ({ update }) => update && (update.status = ShipmentStatus.UNSPECIFIED)),
      entry(
        addShipmentUpdate,
        "update.event_time",
        "after the year 9999",
        ({ update }) => update && (update.eventTime = { ...timestampFromMs(0), seconds: afterAllTimeSeconds }),
        false,
      ),
    ],
  ],
]);

function entry<I extends DescMessage>(
  _method: DescMethod & { readonly input: I },
  field: string,
  label: string,
  spoil: (request: MessageShape<I>) => unknown,
  inJson = true,
): Entry {
  return { field, label, spoil: (request) => void spoil(request as MessageShape<I>), inJson };
}

function moneyEntries<I extends DescMessage>(
  method: DescMethod & { readonly input: I },
  field: string,
  moneyOf: (request: MessageShape<I>) => Money | undefined,
): readonly Entry[] {
  const spoiled = (label: string, change: Partial<Pick<Money, "currencyCode" | "units" | "nanos">>) =>
    entry(method, field, label, (request) => Object.assign(moneyOf(request) ?? {}, change));
  return [
    spoiled("without a currency", { currencyCode: "" }),
    spoiled("in no currency", { currencyCode: "DOLLAR" }),
    spoiled("in a currency of small letters", { currencyCode: "usd" }),
    spoiled("below zero", { units: -1n }),
    spoiled("with nanos below zero", { nanos: -1 }),
    spoiled("with nanos of a whole unit", { nanos: 1_000_000_000 }),
  ];
}
