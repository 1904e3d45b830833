import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, createRouterTransport, type Client } from "@connectrpc/connect";
import { OrderService } from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { InventoryService, MovementKind, ReservationState } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { DealState, ProductService, type Deal, type Product } from "@flashdeal/proto/flashdeal/product/v1/product_service_pb";
import { actAs, createAuthInterceptor, createInternalCallInterceptor, createInternalTokenSource, createTokenVerifier, type Principal } from "@flashdeal/runtime/auth";
import { migrate, type Database } from "@flashdeal/runtime/database";
import { reasonMetadataOf, reasonOf, violationsOf } from "@flashdeal/runtime/errors";
import type { EventBus } from "@flashdeal/runtime/events";
import { createGrpcServer, createGrpcTransport, createValidationInterceptor, type GrpcTransport, type RpcServer } from "@flashdeal/runtime/rpc";
import { createLogger, Registry } from "@flashdeal/runtime/telemetry";
import type { Status } from "@flashdeal/proto/google/rpc/status_pb";
import { openPglite } from "@flashdeal/runtime/testing";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { composeProduct, productMigrations } from "./compose.ts";
import { loadProductConfig } from "./config.ts";
import { createManualClock, testNow } from "./testing/harness.ts";

const secret = "a secret of the tests, long enough for HS256";
const admin: Principal = { kind: "user", userId: uuidv7(), role: "admin" };
const customer: Principal = { kind: "user", userId: uuidv7(), role: "customer" };
const anonymous: Principal = { kind: "anonymous" };
const as = (principal: Principal) => ({ contextValues: actAs(principal) });
const price = { currencyCode: "KRW", units: 10_000n, nanos: 0 };
const later = (ms: number) => timestampFromDate(new Date(testNow.getTime() + ms));

const quietBus: EventBus = {
  publish: async () => {},
  subscribe: async () => ({ drain: async () => {} }),
  ping: async () => {},
  close: async () => {},
};

const connect = () => createRouterTransport(({ service }) => void service(OrderService, {}));
const invalid = (...fields: string[]) => ["INVALID_INPUT", "InvalidArgument", ...fields];

/** How a call failed: its reason, its code, and the fields it names. */
async function failure(call: Promise<unknown>): Promise<readonly unknown[]> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const code = error instanceof ConnectError ? Code[error.code] : undefined;
  return [reasonOf(error), code, ...violationsOf(error).map(({ field }) => field)];
}

/** The same for one entry of a batch. */
function entryFailure(status: Status | undefined) {
  const details = status?.details.map(({ typeUrl, value }) => ({ type: typeUrl.replace(/^.*\//, ""), value })) ?? [];
  const error = new ConnectError(status?.message ?? "", status?.code ?? Code.Unknown);
  error.details = details;
  return { reason: reasonOf(error), code: Code[error.code], metadata: reasonMetadataOf(error), fields: violationsOf(error).map(({ field }) => field) };
}

describe("product service over gRPC", () => {
  const clock = createManualClock();
  let database: Database;
  let server: RpcServer;
  let transport: GrpcTransport;
  let products: Client<typeof ProductService>;
  let inventory: Client<typeof InventoryService>;

  beforeAll(async () => {
    database = await openPglite();
    await migrate(database, productMigrations);
    const log = createLogger({ name: "test", level: "silent" });
    const { routes } = composeProduct(loadProductConfig({}), { database, eventBus: quietBus, cache: {} as never, log, metrics: new Registry(), clock, connect });
    const verifier = createTokenVerifier({ jwks: { keys: [] }, internalSecret: secret });
    server = createGrpcServer({ host: "127.0.0.1", port: 0, routes, interceptors: [createAuthInterceptor(verifier), createValidationInterceptor()] });
    const { port } = await server.start();
    const tokens = createInternalTokenSource({ secret, service: "order" });
    transport = createGrpcTransport({ address: `127.0.0.1:${port}`, interceptors: [createInternalCallInterceptor(tokens)] });
    products = createClient(ProductService, transport);
    inventory = createClient(InventoryService, transport);
  });
  afterAll(async () => {
    transport?.close();
    await server?.close();
    await database?.close();
  });
  beforeEach(() => clock.set(testNow));

  const createProduct = async (change: object = {}): Promise<Product> => {
    const { product } = await products.createProduct({ product: { vendorItemId: `item-${uuidv7()}`, name: "Shoes", price, ...change } }, as(admin));
    if (product === undefined) throw new Error("no product");
    return product;
  };
  const createDeal = async (change: object = {}): Promise<Deal> => {
    const { productId } = await createProduct();
    const { deal } = await products.createDeal({ deal: { productId, fulfillmentCenterId: "fc", dealPrice: price, endTime: later(60_000), ...change } }, as(admin));
    if (deal === undefined) throw new Error("no deal");
    return deal;
  };
  const rows = async () =>
    (
      await database.query(
        {
          name: "test.rows",
          text: `SELECT (SELECT count(*) FROM product.products), (SELECT count(*) FROM product.deals), (SELECT count(*) FROM product.stocks),
            (SELECT count(*) FROM product.stock_movements), (SELECT count(*) FROM product.outbox), (SELECT count(*) FROM product.idempotency_records)`,
        },
        [],
      )
    ).rows[0];

  it("products - are created, read, changed and deleted", async () => {
    const product = await createProduct({ name: "Blue Shoes", tags: ["blue", "shoes"], description: "very blue" });
    expect(product).toMatchObject({ name: "Blue Shoes", tags: ["blue", "shoes"], createTime: timestampFromDate(testNow) });
    const { productId } = product;
    expect((await products.getProduct({ productId }, as(anonymous))).product).toEqual(product);
    clock.advance(5);
    const changed = await products.updateProduct({ product: { productId, name: "Red Shoes", tags: ["red"] } }, as(admin));
    expect(changed.product).toMatchObject({ name: "Red Shoes", tags: ["red"], description: "very blue", updateTime: later(5), createTime: later(0) });
    const masked = await products.updateProduct({ product: { productId, name: "ignored" }, updateMask: { paths: ["description", "tags"] } }, as(admin));
    expect(masked.product).toMatchObject({ name: "Red Shoes", tags: [], description: "" });
    await products.deleteProduct({ productId }, as(admin));
    expect(await failure(products.getProduct({ productId }))).toEqual(["PRODUCT_NOT_FOUND", "NotFound"]);
    expect(await failure(products.deleteProduct({ productId }, as(admin)))).toEqual(["PRODUCT_NOT_FOUND", "NotFound"]);
    expect(await failure(products.updateProduct({ product: { productId, name: "x" } }, as(admin)))).toEqual(["PRODUCT_NOT_FOUND", "NotFound"]);
    expect((await createProduct({ vendorItemId: product.vendorItemId })).productId).not.toBe(productId);
  });

  it("products - a batch is created in order, all or none", async () => {
    const batch = Array.from({ length: 1_000 }, (_, index) => ({ vendorItemId: `batch-${index}`, name: `N ${index}`, price, tags: ["batch", `${index % 2}`] }));
    const taken = await createProduct();
    const before = await rows();
    const bad = batch.with(500, { vendorItemId: taken.vendorItemId, name: "taken", price, tags: [] });
    expect(await failure(products.batchCreateProducts({ products: bad }, as(admin)))).toEqual(["VENDOR_ITEM_TAKEN", "AlreadyExists"]);
    expect(await failure(products.batchCreateProducts({ products: batch.with(7, { vendorItemId: "batch-3", name: "", price, tags: [] }) }, as(admin)))).toEqual([
      "INVALID_INPUT", "InvalidArgument", "products[7].name", "products[7].vendor_item_id",
    ]);
    expect(await rows()).toEqual(before);
    const { products: created } = await products.batchCreateProducts({ products: batch }, as(admin));
    expect(created.map((product) => product.vendorItemId)).toEqual(batch.map((product) => product.vendorItemId));
  });

  it("products - lists go through every page, the newest first, and keep their filters", async () => {
    const seen: string[] = [];
    let pageToken = "";
    do {
      const page = await products.listProducts({ tag: "batch", pageSize: 300, pageToken }, as(anonymous));
      seen.push(...page.products.map((product) => product.vendorItemId));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, index) => `batch-${999 - index}`));
    expect((await products.listProducts({})).products).toHaveLength(50);
    expect((await products.listProducts({ nameContains: "n 99", tag: "1" })).products.map((product) => product.name)).toEqual(
      [999, 997, 995, 993, 991, 99].map((n) => `N ${n}`),
    );
    expect((await products.listProducts({ vendorItemId: "batch-7" })).products).toHaveLength(1);
    const { nextPageToken } = await products.listProducts({ tag: "batch", pageSize: 1 });
    expect(await failure(products.listProducts({ tag: "other", pageToken: nextPageToken }))).toEqual(["PAGE_TOKEN_INVALID", "InvalidArgument", "page_token"]);
    expect(await failure(products.listDeals({ pageToken: nextPageToken }))).toEqual(["PAGE_TOKEN_INVALID", "InvalidArgument", "page_token"]);
    const [version, hash] = JSON.parse(Buffer.from(nextPageToken, "base64url").toString()) as unknown[];
    const forged = Buffer.from(JSON.stringify([version, hash, "'; --"])).toString("base64url");
    expect(await failure(products.listProducts({ tag: "batch", pageToken: forged }))).toEqual(["PAGE_TOKEN_INVALID", "InvalidArgument", "page_token"]);
  });

  it("deals - know their state by the clock, and lists by state agree", async () => {
    const scheduled = await createDeal({ startTime: later(1_000), title: "Sale", perUserLimit: 2n });
    expect(scheduled).toMatchObject({ state: DealState.SCHEDULED, title: "Sale", perUserLimit: 2n });
    const { dealId, productId } = scheduled;
    const stateAt = async (ms: number) => {
      clock.set(new Date(testNow.getTime() + ms));
      const { deal } = await products.getDeal({ dealId }, as(anonymous));
      for (const state of [DealState.SCHEDULED, DealState.ACTIVE, DealState.ENDED, DealState.CANCELLED]) {
        const { deals } = await products.listDeals({ state, productId });
        expect(deals.map((one) => one.dealId)).toEqual(state === deal?.state ? [dealId] : []);
      }
      return deal?.state;
    };
    expect([await stateAt(999), await stateAt(1_000), await stateAt(59_999), await stateAt(60_000)]).toEqual([
      DealState.SCHEDULED, DealState.ACTIVE, DealState.ACTIVE, DealState.ENDED,
    ]);
    clock.set(testNow);
    expect(await failure(products.deleteProduct({ productId }, as(admin)))).toEqual(["PRODUCT_IN_USE", "FailedPrecondition"]);
    const cancelled = await products.cancelDeal({ dealId }, as(admin));
    clock.advance(10);
    expect((await products.cancelDeal({ dealId }, as(admin))).deal).toEqual(cancelled.deal);
    expect([await stateAt(1_000), await stateAt(60_000)]).toEqual([DealState.CANCELLED, DealState.CANCELLED]);
    await products.deleteProduct({ productId }, as(admin));
    expect((await products.getDeal({ dealId })).deal).toMatchObject({ productId, state: DealState.CANCELLED });
    clock.set(testNow);
    const defaults = await createDeal();
    expect(defaults).toMatchObject({ title: "Shoes", state: DealState.ACTIVE });
    const { deals, nextPageToken } = await products.listDeals({ pageSize: 1 });
    expect(deals.map((deal) => deal.dealId)).toEqual([defaults.dealId]);
    expect((await products.listDeals({ pageSize: 1, pageToken: nextPageToken })).deals.map((deal) => deal.dealId)).toEqual([dealId]);
  });

  it("stock - receipts and adjustments are kept with who and why, and the sums agree on every page", async () => {
    const key = { vendorItemId: "ledger-item", fulfillmentCenterId: "fc-1" };
    expect(await failure(inventory.listStockMovements(key, as(admin)))).toEqual(["STOCK_NOT_FOUND", "NotFound"]);
    expect(await failure(inventory.adjustStock({ ...key, delta: 1n, reason: "found" }, as(admin)))).toEqual(["STOCK_NOT_FOUND", "NotFound"]);
    const { stock } = await inventory.receiveStock({ ...key, quantity: 10n, reason: "note 7" }, as(admin));
    expect(stock).toMatchObject({ ...key, onHand: 10n, reserved: 0n, available: 10n, version: 1n, updateTime: later(0) });
    expect(await failure(inventory.adjustStock({ ...key, delta: -11n, reason: "lost" }, as(admin)))).toEqual(["STOCK_BELOW_RESERVED", "FailedPrecondition"]);
    await inventory.adjustStock({ ...key, delta: -3n, reason: "lost" }, as(admin));
    const first = await inventory.listStockMovements({ ...key, pageSize: 1 }, as(admin));
    const second = await inventory.listStockMovements({ ...key, pageSize: 1, pageToken: first.nextPageToken }, as(admin));
    for (const page of [first, second]) expect(page).toMatchObject({ onHandSum: 7n, reservedSum: 0n, stock: { onHand: 7n, version: 2n } });
    expect(first.movements).toMatchObject([{ kind: MovementKind.ADJUST, onHandDelta: -3n, actor: admin.userId, reason: "lost", reservationId: "" }]);
    expect(second).toMatchObject({ movements: [{ kind: MovementKind.RECEIVE, onHandDelta: 10n, reason: "note 7" }], nextPageToken: "" });
    const receipts = await inventory.listStockMovements({ ...key, kind: MovementKind.RECEIVE }, as(admin));
    expect(receipts).toMatchObject({ movements: [{ kind: MovementKind.RECEIVE }], onHandSum: 7n });
    expect(await failure(inventory.listStockMovements({ ...key, pageToken: "x" }, as(admin)))).toEqual(["PAGE_TOKEN_INVALID", "InvalidArgument", "page_token"]);
  });

  it("reservations - each entry of a batch gets its own outcome with the reason that the contract names", async () => {
    const limited = await createDeal({ perUserLimit: 2n });
    const scheduled = await createDeal({ startTime: later(1_000) });
    const ended = await createDeal({ startTime: later(-2_000), endTime: later(-1_000) });
    const cancelled = await createDeal();
    await products.cancelDeal({ dealId: cancelled.dealId }, as(admin));
    await inventory.receiveStock({ vendorItemId: limited.vendorItemId, fulfillmentCenterId: "fc", quantity: 2n }, as(admin));
    const entry = (dealId: string, quantity: bigint) => ({ reservationId: uuidv7(), userId: uuidv7(), lines: [{ dealId, quantity }], expireTime: later(600_000) });
    const unknown = uuidv7();
    const first = entry(limited.dealId.toUpperCase(), 1n);
    const { results } = await inventory.reserveStock({
      entries: [
        first,
        entry(limited.dealId, 3n),
        entry(limited.dealId, 2n),
        entry(scheduled.dealId, 1n),
        entry(ended.dealId, 1n),
        entry(cancelled.dealId, 1n),
        entry(unknown, 1n),
        { ...first, lines: [{ dealId: limited.dealId, quantity: 2n }] },
        { ...entry(limited.dealId, 1n), expireTime: { seconds: 10n ** 15n, nanos: 0 } },
        { ...first, reservationId: first.reservationId.toUpperCase() },
      ],
    });
    const held = results[0]?.outcome.value;
    expect(held).toMatchObject({
      reservationId: first.reservationId,
      state: ReservationState.HELD,
      lines: [{ dealId: limited.dealId, productId: limited.productId, vendorItemId: limited.vendorItemId, title: "Shoes", quantity: 1n, unitPrice: price }],
      expireTime: later(600_000),
      createTime: later(0),
    });
    expect(results.at(-1)?.outcome.value).toEqual(held);
    expect(results.slice(1, -1).map(({ outcome }) => entryFailure(outcome.case === "error" ? outcome.value : undefined))).toEqual([
      { reason: "PURCHASE_LIMIT_REACHED", code: "FailedPrecondition", metadata: { deal_id: limited.dealId, per_user_limit: "2" }, fields: [] },
      { reason: "SOLD_OUT", code: "FailedPrecondition", metadata: { deal_id: limited.dealId, available: "1" }, fields: [] },
      { reason: "DEAL_NOT_STARTED", code: "FailedPrecondition", metadata: { deal_id: scheduled.dealId, start_time: new Date(testNow.getTime() + 1_000).toISOString() }, fields: [] },
      { reason: "DEAL_ENDED", code: "FailedPrecondition", metadata: { deal_id: ended.dealId, end_time: new Date(testNow.getTime() - 1_000).toISOString() }, fields: [] },
      { reason: "DEAL_CANCELLED", code: "FailedPrecondition", metadata: { deal_id: cancelled.dealId }, fields: [] },
      { reason: "DEAL_NOT_FOUND", code: "NotFound", metadata: { deal_id: unknown }, fields: [] },
      { reason: "REQUEST_ID_REUSED", code: "InvalidArgument", metadata: {}, fields: ["entries[7].lines"] },
      { reason: "INVALID_INPUT", code: "InvalidArgument", metadata: {}, fields: ["entries[8].expire_time"] },
    ]);
    expect(await failure(inventory.adjustStock({ vendorItemId: limited.vendorItemId, fulfillmentCenterId: "fc", delta: -2n, reason: "gone" }, as(admin)))).toEqual([
      "STOCK_BELOW_RESERVED", "FailedPrecondition",
    ]);

    const { reservationId } = first;
    const orderId = uuidv7();
    const committed = await inventory.commitStock({ entries: [{ reservationId, orderId }, { reservationId: unknown }] });
    expect(committed.results[0]?.outcome.value).toMatchObject({ reservationId, state: ReservationState.COMMITTED });
    expect(entryFailure(committed.results[1]?.outcome.value as Status)).toMatchObject({ reason: "RESERVATION_NOT_FOUND", code: "NotFound" });
    const released = await inventory.releaseStock({ entries: [{ reservationId }] });
    expect(entryFailure(released.results[0]?.outcome.value as Status)).toMatchObject({ reason: "RESERVATION_RESOLVED", metadata: { state: "COMMITTED" } });
    const found = await inventory.batchGetReservations({ reservationIds: [unknown, reservationId, reservationId] });
    expect(found.reservations).toMatchObject([{ reservationId, state: ReservationState.COMMITTED }]);
    const ledger = await inventory.listStockMovements({ vendorItemId: limited.vendorItemId, fulfillmentCenterId: "fc" }, as(admin));
    expect(ledger.movements).toMatchObject([
      { kind: MovementKind.COMMIT, onHandDelta: -1n, reservedDelta: -1n, reservationId, orderId, actor: "order" },
      { kind: MovementKind.RESERVE, onHandDelta: 0n, reservedDelta: 1n, reservationId, orderId: "", actor: first.userId },
      { kind: MovementKind.RECEIVE },
    ]);
  });

  it("reservations - lines of one deal count as their sum, against the limit and against the stock, up to 100 of them", async () => {
    const deal = await createDeal({ perUserLimit: 100n });
    await inventory.receiveStock({ vendorItemId: deal.vendorItemId, fulfillmentCenterId: "fc", quantity: 150n }, as(admin));
    const lines = (count: number, quantity = 1n) => Array.from({ length: count }, () => ({ dealId: deal.dealId, quantity }));
    const entry = (change: { readonly lines: ReturnType<typeof lines>; readonly userId?: string }) => ({ reservationId: uuidv7(), userId: uuidv7(), expireTime: later(600_000), ...change });
    const { results } = await inventory.reserveStock({
      entries: [entry({ lines: lines(2, 51n) }), entry({ lines: lines(100) }), entry({ lines: lines(2, 26n) }), entry({ lines: lines(2, 1_000_000n) }), entry({ lines: lines(2, 25n) })],
    });
    const told = results.map(({ outcome }) => outcome.case === "reservation" ? outcome.value.lines.map(({ quantity }) => quantity) : entryFailure(outcome.value).reason);
    expect(told).toEqual(["PURCHASE_LIMIT_REACHED", [100n], "SOLD_OUT", "PURCHASE_LIMIT_REACHED", [50n]]);
  });

  it("request ids - a repeated write gets the first answer, also after the state moved on", async () => {
    const key = { vendorItemId: "keyed-item", fulfillmentCenterId: "fc" };
    const request = { ...key, quantity: 5n, requestId: "receipt-1" };
    const answers = await Promise.all(Array.from({ length: 5 }, () => inventory.receiveStock(request, as(admin))));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    await inventory.receiveStock({ ...request, requestId: "receipt-2" }, as(admin));
    expect((await inventory.receiveStock(request, as(admin))).stock?.onHand).toBe(5n);
    expect(await failure(inventory.receiveStock({ ...request, quantity: 6n }, as(admin)))).toEqual(["REQUEST_ID_REUSED", "InvalidArgument"]);
    const other: Principal = { ...admin, userId: uuidv7() };
    expect((await inventory.receiveStock(request, as(other))).stock?.onHand).toBe(15n);
    expect((await inventory.adjustStock({ ...key, delta: 1n, reason: "r", requestId: "receipt-1" }, as(admin))).stock?.onHand).toBe(16n);
    clock.advance(24 * 3_600_000 + 1);
    expect((await inventory.receiveStock(request, as(admin))).stock?.onHand).toBe(21n);
  });

  it("request ids - rejected input is not stored, and every write keeps its answer", async () => {
    const requestId = "product-1";
    const input = { vendorItemId: "keyed-product", name: "", price };
    expect(await failure(products.createProduct({ product: input, requestId }, as(admin)))).toEqual(["INVALID_INPUT", "InvalidArgument", "product.name"]);
    const create = { product: { ...input, name: "Keyed" }, requestId };
    const { product } = await products.createProduct(create, as(admin));
    expect((await products.createProduct(create, as(admin))).product).toEqual(product);
    const productId = product?.productId ?? "";
    const batch = { products: [{ ...input, vendorItemId: "keyed-batch", name: "B" }], requestId };
    expect(await products.batchCreateProducts(batch, as(admin))).toEqual(await products.batchCreateProducts(batch, as(admin)));
    const update = { product: { productId, name: "Keyed 2" }, requestId };
    expect(await products.updateProduct(update, as(admin))).toEqual(await products.updateProduct(update, as(admin)));
    const dealInput = { deal: { productId, fulfillmentCenterId: "fc", dealPrice: price, endTime: later(1_000) }, requestId };
    const { deal } = await products.createDeal(dealInput, as(admin));
    expect((await products.createDeal(dealInput, as(admin))).deal).toEqual(deal);
    const cancel = { dealId: deal?.dealId ?? "", requestId };
    expect(await products.cancelDeal(cancel, as(admin))).toEqual(await products.cancelDeal(cancel, as(admin)));
    await products.deleteProduct({ productId, requestId }, as(admin));
    await products.deleteProduct({ productId, requestId }, as(admin));
    expect(await failure(products.deleteProduct({ productId, requestId: "another" }, as(admin)))).toEqual(["PRODUCT_NOT_FOUND", "NotFound"]);
  });

  it("bad input - every rpc names the reason and the fields, and nothing is stored", async () => {
    const { productId } = await createProduct();
    const before = await rows();
    const nul = "a\0b";
    const good = { vendorItemId: "good", name: "good", price };
    const deal = { productId, fulfillmentCenterId: "fc", dealPrice: price, endTime: later(1_000) };
    const key = { vendorItemId: "good", fulfillmentCenterId: "fc" };
    type Refused = [string, Promise<unknown>, readonly unknown[]];
    const line = { dealId: uuidv7(), quantity: 1n };
    const held = (change: { readonly lines?: readonly { dealId: string; quantity: bigint }[] }) => ({ reservationId: uuidv7(), userId: uuidv7(), expireTime: later(600_000), lines: [...(change.lines ?? [line])] });
    const cases: Refused[] = [
      ["no product", products.createProduct({}, as(admin)), invalid("product")],
      ["empty product", products.createProduct({ product: {} }, as(admin)), invalid("product.vendor_item_id", "product.name", "product.price")],
      ["bad key", products.createProduct({ product: { ...good, vendorItemId: "a/b" } }, as(admin)), invalid("product.vendor_item_id")],
      ["long key", products.createProduct({ product: { ...good, vendorItemId: "a".repeat(65) } }, as(admin)), invalid("product.vendor_item_id")],
      ["blank name", products.createProduct({ product: { ...good, name: "  " } }, as(admin)), invalid("product.name")],
      ["long name", products.createProduct({ product: { ...good, name: "x".repeat(201) } }, as(admin)), invalid("product.name")],
      ["nul", products.createProduct({ product: { ...good, name: nul, description: nul, tags: [nul] } }, as(admin)), invalid("product.name", "product.description", "product.tags[0]")],
      ["currency", products.createProduct({ product: { ...good, price: { ...price, currencyCode: "won" } } }, as(admin)), invalid("product.price.currency_code")],
      ["negative", products.createProduct({ product: { ...good, price: { ...price, units: -1n } } }, as(admin)), invalid("product.price.units")],
      ["nanos", products.createProduct({ product: { ...good, price: { ...price, nanos: 2e9 } } }, as(admin)), invalid("product.price.nanos")],
      ["request id", products.createProduct({ product: good, requestId: "with space" }, as(admin)), invalid("request_id")],
      ["empty batch", products.batchCreateProducts({}, as(admin)), invalid("products")],
      ["large batch", products.batchCreateProducts({ products: Array.from({ length: 1_001 }, () => good) }, as(admin)), invalid("products")],
      ["no id", products.getProduct({}), invalid("product_id")],
      ["bad id", products.getProduct({ productId: "x" }), invalid("product_id")],
      ["page size", products.listProducts({ pageSize: 1_001 }), invalid("page_size")],
      ["nul filter", products.listProducts({ tag: nul, nameContains: nul }), invalid("tag", "name_contains")],
      ["update without id", products.updateProduct({ product: { name: "x" } }, as(admin)), invalid("product.product_id")],
      ["mask", products.updateProduct({ product: { productId, name: "" }, updateMask: { paths: ["vendor_item_id", "name", "price"] } }, as(admin)), invalid("update_mask", "product.name", "product.price")],
      ["no deal", products.createDeal({}, as(admin)), invalid("deal")],
      ["empty deal", products.createDeal({ deal: {} }, as(admin)), invalid("deal.product_id", "deal.fulfillment_center_id", "deal.deal_price", "deal.end_time")],
      ["window", products.createDeal({ deal: { ...deal, startTime: later(1_000) } }, as(admin)), invalid("deal.end_time")],
      ["over already", products.createDeal({ deal: { ...deal, endTime: later(0) } }, as(admin)), invalid("deal.end_time")],
      ["far future", products.createDeal({ deal: { ...deal, endTime: { seconds: 10n ** 12n, nanos: 0 } } }, as(admin)), invalid("deal.end_time")],
      ["far past", products.createDeal({ deal: { ...deal, startTime: { seconds: -1n, nanos: 0 } } }, as(admin)), invalid("deal.start_time")],
      ["other currency", products.createDeal({ deal: { ...deal, dealPrice: { ...price, currencyCode: "USD" } } }, as(admin)), invalid("deal.deal_price.currency_code")],
      ["limit", products.createDeal({ deal: { ...deal, perUserLimit: -1n } }, as(admin)), invalid("deal.per_user_limit")],
      ["unknown product", products.createDeal({ deal: { ...deal, productId: uuidv7() } }, as(admin)), ["PRODUCT_NOT_FOUND", "NotFound"]],
      ["unknown deal", products.cancelDeal({ dealId: uuidv7() }, as(admin)), ["DEAL_NOT_FOUND", "NotFound"]],
      ["unknown deal", products.getDeal({ dealId: uuidv7() }), ["DEAL_NOT_FOUND", "NotFound"]],
      ["state", products.listDeals({ state: 99 as DealState }), invalid("state")],
      ["quantity", inventory.receiveStock({ ...key, quantity: 0n }, as(admin)), invalid("quantity")],
      ["quantity", inventory.receiveStock({ ...key, quantity: 10n ** 9n + 1n }, as(admin)), invalid("quantity")],
      ["nul reason", inventory.receiveStock({ ...key, quantity: 1n, reason: nul }, as(admin)), invalid("reason")],
      ["adjustment", inventory.adjustStock(key, as(admin)), invalid("delta", "reason")],
      ["blank reason", inventory.adjustStock({ ...key, delta: 1n, reason: " " }, as(admin)), invalid("reason")],
      ["no entries", inventory.reserveStock({}), invalid("entries")],
      ["entry", inventory.reserveStock({ entries: [{ lines: [{ quantity: 0n }] }] }), invalid("entries[0].reservation_id", "entries[0].user_id", "entries[0].lines[0].deal_id", "entries[0].lines[0].quantity", "entries[0].expire_time")],
      ...[0n, -1n, 1_000_001n, 2n ** 31n, 2n ** 63n - 1n, -(2n ** 63n)].map((quantity): Refused => [`${quantity} units`, inventory.reserveStock({ entries: [held({ lines: [line, { ...line, quantity }] })] }), invalid("entries[0].lines[1].quantity")]),
      ["no lines", inventory.reserveStock({ entries: [held({}), held({ lines: [] })] }), invalid("entries[1].lines")],
      ["1,000 lines", inventory.reserveStock({ entries: [held({ lines: Array.from({ length: 1_000 }, () => line) })] }), invalid("entries[0].lines")],
      ["1,001 entries", inventory.reserveStock({ entries: Array.from({ length: 1_001 }, () => held({})) }), invalid("entries")],
      ["no ids", inventory.batchGetReservations({}), invalid("reservation_ids")],
      ["commit", inventory.commitStock({ entries: [{ reservationId: "x" }] }), invalid("entries[0].reservation_id")],
      ["release", inventory.releaseStock({}), invalid("entries")],
      ["role", products.createProduct({ product: good }, as(customer)), ["ROLE_REQUIRED", "PermissionDenied"]],
      ["no token", inventory.receiveStock({ ...key, quantity: 1n }, as(anonymous)), ["TOKEN_MISSING", "Unauthenticated"]],
      ["no service", inventory.reserveStock({ entries: [] }, as(anonymous)), ["TOKEN_MISSING", "Unauthenticated"]],
    ];
    for (const [name, call, expected] of cases) expect([name, ...(await failure(call))]).toEqual([name, ...expected]);
    expect(await rows()).toEqual(before);
  });

  it("events - tell of every change under the message's full name", async () => {
    const text = "SELECT DISTINCT subject FROM product.outbox ORDER BY subject";
    const { rows: subjects } = await database.query({ name: "test.subjects", text }, []);
    const names = ["DealCancelled", "DealCreated", "ProductCreated", "ProductDeleted", "ProductUpdated", "StockChanged"];
    expect(subjects.flat()).toEqual(names.map((name) => `flashdeal.product.v1.${name}`));
  });
});
