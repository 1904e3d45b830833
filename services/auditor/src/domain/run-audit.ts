import { checkBook, checkOrder, checkReadModel, checkReservation } from "./checks.ts";
import { stockSubject, type Finding } from "./finding.ts";
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
}

/** Hears what an audit does. */
export interface AuditListener {
  /** Counts every thing that was checked so far. */
  progress(checked: number): Promise<void>;
  found(findings: readonly Finding[]): Promise<void>;
}

/**
 * Goes through all keys, reservations and orders. Buyers buy on meanwhile, so what disagrees between two services is asked for again after
 * `freshnessMs`, and is only a finding where it still disagrees then.
 */
export async function runAudit(context: AuditContext, vendorItemId: string, listener: AuditListener, signal: AbortSignal): Promise<number> {
  let checked = 0;
  const each = async <Item>(list: (pageToken: string) => Promise<Page<Item>>, check: (items: readonly Item[]) => Promise<readonly Finding[]>): Promise<void> => {
    for (let pageToken: string | undefined = ""; pageToken !== undefined; ) {
      const page: Page<Item> = await list(pageToken);
      const findings = await check(page.items);
      if (findings.length > 0) await listener.found(findings);
      checked += page.items.length;
      await listener.progress(checked);
      pageToken = page.next;
    }
  };
  const { services } = context;
  await each((pageToken) => services.listBooks(vendorItemId, pageToken, signal), (books) => checkBooks(context, books, signal));
  await each((pageToken) => services.listReservations(vendorItemId, pageToken, signal), (found) => checkReservations(context, found, signal));
  // An order names deals, not items: where only one item is audited, its reservations have told all.
  if (vendorItemId === "") await each((pageToken) => services.listOrders(pageToken, signal), (orders) => checkOrders(context, orders, signal));
  return checked;
}

async function checkBooks({ services, freshnessMs, pause }: AuditContext, books: readonly Book[], signal: AbortSignal): Promise<readonly Finding[]> {
  const stale = async (candidates: readonly Book[]) => {
    const read = candidates.length === 0 ? new Map() : await services.getReadStocks(candidates, signal);
    return candidates.filter((book) => checkReadModel(book, read.get(stockSubject(book))) !== undefined);
  };
  const suspects = await stale(books);
  if (suspects.length > 0) await pause(freshnessMs, signal);
  const read = suspects.length === 0 ? new Map() : await services.getReadStocks(suspects, signal);
  return [...books.flatMap(checkBook), ...suspects.flatMap((book) => checkReadModel(book, read.get(stockSubject(book))) ?? [])];
}

async function checkReservations(context: AuditContext, reservations: readonly Reservation[], signal: AbortSignal): Promise<readonly Finding[]> {
  const { services, clock, freshnessMs, holdGraceMs, pause } = context;
  const findingsOf = async (candidates: readonly Reservation[]): Promise<ReadonlyMap<string, Finding>> => {
    if (candidates.length === 0) return new Map();
    const claims = await services.getOrdersOfReservations(candidates.map(({ reservationId }) => reservationId), signal);
    const findings = candidates.flatMap((reservation): [string, Finding][] => {
      const { reservationId } = reservation;
      const finding = checkReservation(reservation, claims.has(reservationId) ? { order: claims.get(reservationId) } : undefined, clock.now(), holdGraceMs);
      return finding === undefined ? [] : [[reservationId, finding]];
    });
    return new Map(findings);
  };
  const suspects = await findingsOf(reservations);
  if (suspects.size === 0) return [];
  await pause(freshnessMs, signal);
  const again = await services.getReservations([...suspects.keys()], signal);
  const live = [...again.values()].filter(({ state }) => state === "HELD" || state === "COMMITTED");
  return [...(await findingsOf(live)).values()];
}

const holding: ReadonlySet<string> = new Set(["PENDING_PAYMENT", "PAID", "SHIPPED", "DELIVERED"]);

async function checkOrders({ services, freshnessMs, pause }: AuditContext, orders: readonly Order[], signal: AbortSignal): Promise<readonly Finding[]> {
  const findingsOf = async (candidates: readonly Order[]): Promise<readonly { readonly order: Order; readonly finding: Finding }[]> => {
    const wanted = candidates.filter(({ state }) => holding.has(state));
    if (wanted.length === 0) return [];
    const reservations = await services.getReservations(wanted.map(({ reservationId }) => reservationId), signal);
    return wanted.flatMap((order) => {
      const finding = checkOrder(order, reservations.get(order.reservationId));
      return finding === undefined ? [] : [{ order, finding }];
    });
  };
  const suspects = await findingsOf(orders);
  if (suspects.length === 0) return [];
  await pause(freshnessMs, signal);
  const again = await services.getOrdersOfReservations(suspects.map(({ order }) => order.reservationId), signal);
  // An order that was listed and is gone from its own claim is told as it was listed.
  const now = suspects.map(({ order }) => again.get(order.reservationId) ?? order);
  return (await findingsOf(now)).map(({ finding }) => finding);
}
