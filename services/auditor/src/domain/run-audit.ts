import { checkBook, checkOrder, checkPurchase, checkReadModel, checkReadModelAhead, checkReservation, hasUnits } from "./checks.ts";
import { isSameFinding, stockSubject, type Finding } from "./finding.ts";
import { lookAgain, type Look } from "./look-again.ts";
import type { Book, Clock, Order, Page, Reservation, Services } from "./ports.ts";

/** What an audit works with. */
export interface AuditContext {
  readonly services: Services;
  readonly clock: Clock;
  /** Resolves after so many milliseconds; rejects when the signal fires. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** How old the read model may be, and how long events may take, in milliseconds. What looks wrong is looked at again after this. */
  readonly freshnessMs: number;
  /** How long a hold without an order may outlive its time, in milliseconds. */
  readonly holdGraceMs: number;
  /** Things asked for at once. */
  readonly pageSize: number;
}

/** Hears what an audit does. */
export interface AuditListener {
  /** Counts every thing that was checked so far. */
  progress(checked: number): Promise<void>;
  found(findings: readonly Finding[]): Promise<void>;
}

/** Things that look wrong are collected, so that an audit pauses once for all of them; no more than these at once. */
const maxSuspects = 10_000;

/** What the first look at a page came to. */
interface FirstLook {
  /** What cannot be otherwise: it was read in one snapshot, or in an order that leaves no room for doubt. */
  readonly findings?: readonly Finding[];
  /** What may be under way, by key. */
  readonly suspects?: ReadonlyMap<string, Finding>;
}

/** One round through a list. */
interface Round<Item> {
  list(pageToken: string): Promise<Page<Item>>;
  first(items: readonly Item[], pageToken: string): Promise<FirstLook>;
  /** Absent: nothing is ever suspected. */
  readonly look?: Look;
  readonly isSame?: (first: Finding, later: Finding) => boolean;
}

/**
 * Goes through all keys, reservations, buyers and orders. Buyers buy on meanwhile, so what disagrees between two services is asked for again after
 * `freshnessMs`, and is only a finding where it shows the same fault then.
 */
export async function runAudit(context: AuditContext, vendorItemId: string, listener: AuditListener, signal: AbortSignal): Promise<void> {
  let checked = 0;
  const go = async <Item>({ list, first, look, isSame = isSameFinding }: Round<Item>): Promise<void> => {
    const suspects = new Map<string, Finding>();
    const settle = async (): Promise<void> => {
      if (look === undefined || suspects.size === 0) return;
      const pause = () => context.pause(context.freshnessMs, signal);
      const findings = await lookAgain(suspects, { look, isSame, pause, batchSize: context.pageSize });
      suspects.clear();
      if (findings.length > 0) await listener.found(findings);
    };
    for (let pageToken: string | undefined = ""; pageToken !== undefined; ) {
      const page: Page<Item> = await list(pageToken);
      const seen = await first(page.items, pageToken);
      if (seen.findings !== undefined && seen.findings.length > 0) await listener.found(seen.findings);
      for (const [key, finding] of seen.suspects ?? []) suspects.set(key, finding);
      checked += page.items.length;
      await listener.progress(checked);
      if (suspects.size >= maxSuspects) await settle();
      pageToken = page.next;
    }
    await settle();
  };
  await go(booksRound(context, vendorItemId, signal));
  await go(reservationsRound(context, vendorItemId, signal));
  await go(purchasesRound(context, vendorItemId, signal));
  // An order names deals, not items: where only one item is audited, its reservations have told all.
  if (vendorItemId === "") await go(ordersRound(context, signal));
}

/** Books of a page are one snapshot. The read model must have reached a book, at the latest when it is looked at again. */
function booksRound({ services }: AuditContext, vendorItemId: string, signal: AbortSignal): Round<Book> {
  const suspected = new Map<string, Book>();
  const list = (pageToken: string) => services.listBooks(vendorItemId, pageToken, signal);
  return {
    list,
    async first(books, pageToken) {
      const read = books.length === 0 ? new Map() : await services.getReadStocks(books, signal);
      const suspects = new Map<string, Finding>();
      for (const book of books) {
        const key = stockSubject(book);
        const finding = checkReadModel(book, read.get(key));
        if (finding === undefined) continue;
        suspects.set(key, finding);
        suspected.set(key, book);
      }
      const isAhead = (book: Book): boolean => (read.get(stockSubject(book))?.version ?? 0n) > book.version;
      // Read after the read model, the inventory must have what the read model had.
      const later = books.some(isAhead) ? (await list(pageToken)).items : [];
      const ahead = later.flatMap((book) => {
        const state = read.get(stockSubject(book));
        return state === undefined ? [] : (checkReadModelAhead(book, state) ?? []);
      });
      return { findings: [...books.flatMap(checkBook), ...ahead], suspects };
    },
    async look(keys) {
      const books = keys.flatMap((key) => suspected.get(key) ?? []);
      const read = await services.getReadStocks(books, signal);
      return found(books, (book) => [stockSubject(book), checkReadModel(book, read.get(stockSubject(book)))]);
    },
    // Both looks compare with the same book: what has not been reached by now is too late, however far it has come.
    isSame: () => true,
  };
}

function reservationsRound({ services, clock, holdGraceMs }: AuditContext, vendorItemId: string, signal: AbortSignal): Round<Reservation> {
  const check = async (reservations: readonly Reservation[]): Promise<ReadonlyMap<string, Finding>> => {
    if (reservations.length === 0) return new Map();
    const claims = await services.getClaims(reservations.map(({ reservationId }) => reservationId), signal);
    return found(reservations, (reservation) => {
      const { reservationId } = reservation;
      return [reservationId, checkReservation(reservation, claims.get(reservationId), clock.now(), holdGraceMs)];
    });
  };
  return {
    list: (pageToken) => services.listReservations(vendorItemId, pageToken, signal),
    first: async (reservations) => ({ suspects: await check(reservations) }),
    async look(keys) {
      const now = await services.getReservations(keys, signal);
      return check([...now.values()].filter(({ state }) => state === "HELD" || state === "COMMITTED"));
    },
  };
}

function purchasesRound({ services }: AuditContext, vendorItemId: string, signal: AbortSignal): Round<Parameters<typeof checkPurchase>[0]> {
  return {
    list: (pageToken) => services.listPurchaseMismatches(vendorItemId, pageToken, signal),
    first: async (mismatches) => ({ findings: mismatches.map(checkPurchase) }),
  };
}

function ordersRound({ services }: AuditContext, signal: AbortSignal): Round<Order> {
  const check = async (orders: readonly Order[]): Promise<ReadonlyMap<string, Finding>> => {
    const wanted = orders.filter(hasUnits);
    if (wanted.length === 0) return new Map();
    const ids = wanted.map(({ reservationId }) => reservationId);
    const reservations = await services.getReservations(ids, signal);
    const claims = await services.getClaims(ids, signal);
    return found(wanted, (order) => [order.orderId, checkOrder(order, reservations.get(order.reservationId), claims.get(order.reservationId))]);
  };
  return {
    list: (pageToken) => services.listOrders(pageToken, signal),
    first: async (orders) => ({ suspects: await check(orders) }),
    async look(keys) {
      const orders: Order[] = [];
      for (const orderId of keys) orders.push(...((order) => (order === undefined ? [] : [order]))(await services.getOrder(orderId, signal)));
      return check(orders);
    },
  };
}

function found<Item>(items: readonly Item[], check: (item: Item) => readonly [string, Finding | undefined]): ReadonlyMap<string, Finding> {
  return new Map(items.flatMap((item) => (([key, finding]): [string, Finding][] => (finding === undefined ? [] : [[key, finding]]))(check(item))));
}
