import { create } from "@bufbuild/protobuf";
import { anyPack, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { InventoryService, ReservationState, ReservationView, type ReserveStockRequest } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import { BadRequestSchema, ErrorInfoSchema } from "@flashdeal/proto/google/rpc/error_details_pb";
import { createGrpcServer, createGrpcTransport, serviceRoutes } from "@flashdeal/runtime/rpc";
import { v4 } from "uuid";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { HoldRequest, Inventory } from "../domain/ports.ts";
import { createInventoryClient } from "./inventory-client.ts";

type Answer = (request: ReserveStockRequest) => Promise<unknown>;

/** What the next calls do; the last one repeats. */
let answers: Answer[] = [];
let requests: ReserveStockRequest[] = [];
let released: string[][] = [];
let inventory: Inventory;
let patient: Inventory;
let close: () => Promise<void>;

const expireTime = new Date("2030-01-01T00:00:00.123Z");
const log = { warn: () => {}, error: () => {} };

function wanted(count = 1): HoldRequest[] {
  return Array.from({ length: count }, () => ({ reservationId: v4(), userId: v4(), lines: [{ dealId: v4(), quantity: 2n }], expireTime }));
}

const held: Answer = async ({ entries }) => ({
  results: entries.map(({ reservationId, userId, lines }) => {
    const line = { dealId: lines[0]?.dealId, quantity: 2n, title: "A deal", unitPrice: { currencyCode: "KRW", units: 5n, nanos: 0 } };
    const value = { reservationId, userId, state: ReservationState.HELD, lines: [line], expireTime: timestampFromDate(expireTime) };
    return { outcome: { case: "reservation", value } };
  }),
});

/** As an inventory answers that knows of views. */
const heldInBrief: Answer = async ({ entries }) => ({
  results: entries.map(() => ({ outcome: { case: "reservation", value: { state: ReservationState.HELD, expireTime: timestampFromDate(expireTime) } } })),
  deals: [...new Set(entries.flatMap(({ lines }) => lines.map(({ dealId }) => dealId.toLowerCase())))].map((dealId) => {
    return { dealId, productId: "p", vendorItemId: "v", fulfillmentCenterId: "f", title: "A deal", unitPrice: { currencyCode: "KRW", units: 5n, nanos: 0 } };
  }),
});

const refused = (reason: string): Answer => async ({ entries }) => ({
  results: entries.map(() => {
    const details = [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason, metadata: { available: "0" } }))];
    return { outcome: { case: "error", value: { code: Code.FailedPrecondition, message: "no", details } } };
  }),
});

const invalid = (...fields: string[]): Answer => async () => {
  const fieldViolations = fields.map((field) => ({ field, description: "must be of deals in one currency" }));
  const details = [
    anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: "INVALID_INPUT" })),
    anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations })),
  ];
  return { results: [{ outcome: { case: "error", value: { code: Code.InvalidArgument, message: "no", details } } }] };
};

const fails = (code: Code): Answer => async () => {
  throw new ConnectError("no", code);
};

const silent: Answer = () => new Promise((resolve) => setTimeout(resolve, 400, { results: [] }));

beforeAll(async () => {
  const routes = serviceRoutes(InventoryService, {
    reserveStock: (request) => {
      requests.push(request);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      return (answer ?? held)(request) as Promise<object>;
    },
    releaseStock: (request) => {
      released.push(request.entries.map(({ reservationId }) => reservationId));
      throw new ConnectError("no", Code.Unavailable);
    },
  });
  const server = createGrpcServer({ host: "127.0.0.1", port: 0, routes: [routes], drainTimeoutMs: 1_000 });
  const { port } = await server.start();
  const transport = createGrpcTransport({ address: `127.0.0.1:${port}` });
  inventory = createInventoryClient({ transport, log, timeoutMs: 150, maxAttempts: 3, retryPauseMs: 5 });
  patient = createInventoryClient({ transport, log, timeoutMs: 15_000, maxAttempts: 3, retryPauseMs: 5 });
  close = async () => {
    transport.close();
    await server.close();
  };
});
afterAll(() => close());
beforeEach(() => {
  [answers, requests, released] = [[], [], []];
});

test("inventory - a hold arrives with its lines and its time to the millisecond", async () => {
  const [request] = wanted();
  const [outcome] = await inventory.reserve(request ? [request] : []);
  expect(outcome).toMatchObject({
    kind: "hold",
    hold: { reservationId: request?.reservationId, state: "HELD", expireTime, lines: [{ quantity: 2n, unitPrice: { currencyCode: "KRW", units: 5n, nanos: 0 } }] },
  });
});

test("inventory - asks for no more than it does not know: lines are those of the request, each deal once, with the deals' terms", async () => {
  answers = [heldInBrief];
  const [request, other] = wanted(2);
  const dealId = request?.lines[0]?.dealId ?? "";
  const second = v4();
  const lines = [{ dealId: dealId.toUpperCase(), quantity: 2n }, { dealId: second, quantity: 1n }, { dealId, quantity: 3n }];
  const outcomes = await inventory.reserve(request && other ? [{ ...request, lines }, other] : []);
  expect(requests[0]?.view).toBe(ReservationView.BASIC);
  const terms = { productId: "p", vendorItemId: "v", fulfillmentCenterId: "f", title: "A deal", unitPrice: { currencyCode: "KRW", units: 5n, nanos: 0 } };
  expect(outcomes).toEqual([
    { kind: "hold", hold: { reservationId: request?.reservationId, state: "HELD", expireTime, lines: [{ dealId, quantity: 5n, ...terms }, { dealId: second, quantity: 1n, ...terms }] } },
    { kind: "hold", hold: { reservationId: other?.reservationId, state: "HELD", expireTime, lines: [{ dealId: other?.lines[0]?.dealId, quantity: 2n, ...terms }] } },
  ]);
});

test("inventory - a hold without the terms of its deals is not known", async () => {
  answers = [async (request) => ({ ...(await heldInBrief(request) as object), deals: [] })];
  const [one, two] = wanted(2);
  const outcomes = await inventory.reserve(one && two ? [one, { ...two, lines: [...two.lines, ...one.lines] }] : []);
  expect(outcomes.map(({ kind }) => kind)).toEqual(["unknown", "unknown"]);
});

test("inventory - refusals keep their reason and metadata; what is not known counts as unknown", async () => {
  const kinds = [];
  for (const reason of ["SOLD_OUT", "DEAL_ENDED", "REQUEST_ID_REUSED", "SOMETHING_NEW"]) {
    answers = [refused(reason)];
    kinds.push((await inventory.reserve(wanted()))[0]);
  }
  expect(kinds).toMatchObject([
    { kind: "refused", reason: "SOLD_OUT", message: "no", metadata: { available: "0" } },
    { kind: "refused", reason: "DEAL_ENDED" },
    { kind: "id-reused" },
    { kind: "unknown" },
  ]);
});

test("inventory - lines that it refuses are the buyer's to mend; anything else that is invalid is not", async () => {
  const kinds = [];
  for (const fields of [["entries[0].lines"], ["entries[0].expire_time"], ["entries[0].lines", "entries[0].user_id"]]) {
    answers = [invalid(...fields)];
    kinds.push((await inventory.reserve(wanted()))[0]);
  }
  expect(kinds).toMatchObject([{ kind: "lines-refused", description: "must be of deals in one currency" }, { kind: "unknown" }, { kind: "unknown" }]);
});

test("inventory - a lost answer is asked for again by the same ids", async () => {
  answers = [silent, fails(Code.Unavailable), held];
  expect((await inventory.reserve(wanted()))[0]?.kind).toBe("hold");
  expect(new Set(requests.map(({ entries }) => entries[0]?.reservationId)).size).toBe(1);
  expect(requests).toHaveLength(3);
});

test("inventory - after the last attempt the outcome is unknown, for each entry", async () => {
  answers = [fails(Code.Unavailable)];
  expect((await inventory.reserve(wanted(3))).map(({ kind }) => kind)).toEqual(["unknown", "unknown", "unknown"]);
  expect(requests).toHaveLength(3);
  expect(released).toEqual([]);
});

test("inventory - a call that can never succeed is not repeated", async () => {
  answers = [fails(Code.InvalidArgument)];
  expect((await inventory.reserve(wanted()))[0]?.kind).toBe("unknown");
  expect(requests).toHaveLength(1);
});

test("inventory - more holds than one call takes go in several, in order", async () => {
  const many = wanted(1_001);
  const outcomes = await patient.reserve(many);
  expect(requests.map(({ entries }) => entries.length)).toEqual([1_000, 1]);
  expect(outcomes.map((outcome) => outcome.kind === "hold" && outcome.hold.reservationId)).toEqual(many.map(({ reservationId }) => reservationId));
});

test("inventory - a failed release is left to the end of the hold", async () => {
  const id = v4();
  await inventory.release([id]);
  await inventory.release([]);
  expect(released).toEqual([[id]]);
});
