import { describe, expect, it } from "vitest";
import type { Finding } from "./finding.ts";
import type { Book, Order, OrderState, Page, ReadStock, Reservation, ReservationState, Services } from "./ports.ts";
import { runAudit } from "./run-audit.ts";

const units = new Map([["deal", 1n]]);
const now = new Date("2026-01-01T00:00:00Z");
const key = { vendorItemId: "v", fulfillmentCenterId: "f" };
const reservationOf = (state: ReservationState): Reservation => ({ reservationId: "r", userId: "u", state, units, expireTime: new Date(now.getTime() + 60_000) });
const orderOf = (state: OrderState): Order => ({ orderId: "o", reservationId: "r", state, units });
const bookOf = (version: bigint, onHand = 10n): Book => ({ ...key, version, onHand, reserved: 0n, onHandSum: onHand, reservedSum: 0n, held: 0n, soldSum: 0n, sold: 0n });
const readOf = (version: bigint, onHand = 10n): ReadStock => ({ ...key, version, onHand, reserved: 0n });

/** What the services say, one step of the world after the other: each pause of the audit is a step. */
interface World {
  readonly reservation?: ReservationState;
  readonly order?: OrderState;
  readonly book?: Book;
  /** What the inventory says when it is asked a second time in one step. */
  readonly laterBook?: Book;
  readonly read?: ReadStock;
}

const page = <Item>(item: Item | undefined): Page<Item> => ({ items: item === undefined ? [] : [item], next: undefined });
const one = <Item>(name: string, item: Item | undefined) => new Map(item === undefined ? [] : [[name, item]]);

async function audit(steps: readonly World[]): Promise<{ readonly findings: readonly Finding[]; readonly pauses: number }> {
  let step = 0;
  let asked = 0;
  const world = (): World => steps[Math.min(step, steps.length - 1)] ?? {};
  const reservation = () => ((state) => state && reservationOf(state))(world().reservation);
  const order = () => ((state) => state && orderOf(state))(world().order);
  const services: Services = {
    listBooks: async () => page(asked++ === 0 ? world().book : (world().laterBook ?? world().book)),
    listReservations: async () => page(reservation()),
    getReservations: async () => one("r", reservation()),
    getClaims: async () => one("r", ((found) => found && { order: found })(order())),
    listOrders: async () => page(order()),
    getOrder: async () => order(),
    getReadStocks: async () => one("stock/v/f", world().read),
    listPurchaseMismatches: async () => ({ items: [], next: undefined }),
    get repairs(): never {
      throw new Error("an audit repairs nothing");
    },
  };
  const findings: Finding[] = [];
  const context = { services, clock: { now: () => now }, freshnessMs: 1, holdGraceMs: 0, pageSize: 10, pause: async () => void step++ };
  await runAudit(context, "", { progress: async () => {}, found: async (found) => void findings.push(...found) }, new AbortController().signal);
  return { findings, pauses: step };
}

const subjects = ({ findings }: { readonly findings: readonly Finding[] }) => findings.map(({ kind, subject }) => `${kind} ${subject}`);

describe("an audit - while buyers buy", () => {
  it("asks once where all agree", async () => {
    expect(await audit([{ reservation: "COMMITTED", order: "PAID", book: bookOf(3n), read: readOf(3n) }])).toEqual({ findings: [], pauses: 0 });
  });

  it("an event that is under way is no violation", async () => {
    expect((await audit([{ reservation: "HELD", order: "PAID" }, { reservation: "COMMITTED", order: "PAID" }])).findings).toEqual([]);
  });

  it("another event that is under way at the second look is none either", async () => {
    const steps: World[] = [{ reservation: "HELD", order: "PAID" }, { reservation: "COMMITTED", order: "CANCELLED" }, { reservation: "RETURNED", order: "CANCELLED" }];
    expect((await audit(steps)).findings).toEqual([]);
  });

  it("what shows the same fault twice is a violation, from both sides", async () => {
    expect(subjects(await audit([{ reservation: "HELD", order: "PAID" }]))).toEqual(["ORDER_MISMATCH reservation/r", "ORDER_MISMATCH order/o"]);
  });

  it("what first moves and then stays wrong is one", async () => {
    const steps: World[] = [{ reservation: "HELD", order: "PAID" }, { reservation: "COMMITTED", order: "CANCELLED" }];
    expect(subjects(await audit(steps))).toEqual(["ORDER_MISMATCH reservation/r"]);
  });

  it("a read model that catches up is no violation, though the key has moved on", async () => {
    expect((await audit([{ book: bookOf(5n), read: readOf(3n) }, { book: bookOf(9n), read: readOf(7n) }])).findings).toEqual([]);
  });

  it("a read model that comes on but too slowly is one", async () => {
    expect(subjects(await audit([{ book: bookOf(5n), read: readOf(3n) }, { book: bookOf(9n), read: readOf(4n) }]))).toEqual(["READ_MODEL_STALE stock/v/f"]);
  });

  it("a read model that heard of a change after the inventory was asked is no violation; one that knows more than the inventory is", async () => {
    expect((await audit([{ book: bookOf(5n), read: readOf(6n), laterBook: bookOf(6n) }])).findings).toEqual([]);
    expect(subjects(await audit([{ book: bookOf(5n), read: readOf(60n), laterBook: bookOf(6n) }]))).toEqual(["READ_MODEL_STALE stock/v/f"]);
  });
});
