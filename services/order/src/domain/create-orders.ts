import type { CallerSignal } from "./caller.ts";
import { sumOfLines, type SumFault } from "./money.ts";
import { asCreated, atFirst, type Order } from "./order.ts";
import type { Clock, Hold, HoldOutcome, Inventory, NewOrder, OrderStore, WantedLine } from "./ports.ts";
import type { RunningRequests } from "./running-requests.ts";

/** Gathers the orders of concurrent calls into batches, which `createBatch` makes. */
export interface CreateQueue {
  /**
   * One outcome per command in the same order. The signal takes those back that still wait. Rejects where the commands were not
   * taken: too many wait, the signal fired, or the process stops.
   */
  submitAll(commands: readonly CreateOrderCommand[], signal?: CallerSignal): Promise<readonly CreateOrderOutcome[]>;
  /** As `submitAll` for one. */
  submit(command: CreateOrderCommand, signal?: CallerSignal): Promise<CreateOrderOutcome>;
}

/** What CreateOrder works with. */
export interface CreateOrdersContext {
  readonly running: RunningRequests;
  readonly createQueue: CreateQueue;
}

/** What a batch of new orders is made with. */
export interface CreateBatchContext {
  readonly store: OrderStore;
  readonly inventory: Inventory;
  readonly clock: Clock;
  /** A new order id, sorted by time (UUIDv7). */
  readonly newOrderId: () => string;
  /** Time to pay, in milliseconds. */
  readonly payWithinMs: number;
  /** How much longer than the time to pay the stock is held, in milliseconds. */
  readonly holdMarginMs: number;
  /** How long a repeated request gets its first answer, in milliseconds. */
  readonly keepAnswerMs: number;
  /** Of batches that are made at once, each asks for its stock at its turn. Default: at any time. */
  readonly turn?: { readonly ahead: Promise<void>; pass(): void };
}

/** One order to create. */
export interface CreateOrderCommand extends Pick<NewOrder, "traceparent"> {
  /** The reservation that stands for the request: the same for the same caller and request id (`reservationIdOf`). */
  readonly reservationId: string;
  readonly userId: string;
  readonly lines: readonly WantedLine[];
}

/** What became of one order to create. */
export type CreateOrderOutcome =
  | { readonly kind: "created"; readonly order: Order }
  | { readonly kind: "request-id-reused" }
  | { readonly kind: "in-progress" }
  /** The hold of an earlier call with this request id was given back before an order came to be. */
  | { readonly kind: "hold-ended"; readonly state: "EXPIRED" | "RELEASED" }
  | { readonly kind: "unpriceable"; readonly fault: SumFault }
  | Extract<HoldOutcome, { kind: "refused" | "lines-refused" | "unknown" }>
  | { readonly kind: "failed"; readonly cause: unknown };

/**
 * Creates orders, each by itself. A call with a request id that was used before meets the call that is still running, else its own order: for 24
 * hours as it was first answered, then as it is. Refusals are not kept: the same request may succeed once there is stock again.
 */
export async function createOrders(
  { running, createQueue }: CreateOrdersContext,
  commands: readonly CreateOrderCommand[],
  signal?: CallerSignal,
): Promise<CreateOrderOutcome[]> {
  const begun = commands.map(({ reservationId }) => running.begin(reservationId));
  try {
    const outcomes = (await createQueue.submitAll(commands.filter((_, index) => begun[index] !== undefined), signal)).values();
    return begun.map((end) => (end === undefined ? { kind: "in-progress" } : (outcomes.next().value ?? noOutcome)));
  } finally {
    for (const end of begun) end?.();
  }
}

/** As `createOrders` for one: the way of most calls, without what a list needs. */
export async function createOrder({ running, createQueue }: CreateOrdersContext, command: CreateOrderCommand, signal?: CallerSignal): Promise<CreateOrderOutcome> {
  const end = running.begin(command.reservationId);
  if (end === undefined) return { kind: "in-progress" };
  try {
    return await createQueue.submit(command, signal);
  } finally {
    end();
  }
}

const noOutcome: CreateOrderOutcome = { kind: "failed", cause: new Error("a new order has no outcome") };

type Outcomes = Map<CreateOrderCommand, CreateOrderOutcome>;

/**
 * Creates the orders of one batch with one call to the inventory and one transaction. No request is in it twice. A request that was used
 * before meets its own hold or its own claim; so only for those that did not become an order is anything looked up,
 * also where the outcome of the commit is not known. Asking again is safe at any time.
 */
export async function createBatch(context: CreateBatchContext, commands: readonly CreateOrderCommand[]): Promise<CreateOrderOutcome[]> {
  const outcomes: Outcomes = new Map();
  const { drafts, resolved } = await reserve(context, commands, outcomes);
  if (drafts.length > 0) {
    const created = await context.store.createOrders(drafts.map(({ order, command, isRepeat }) => ({ order, traceparent: command.traceparent, isRepeat })));
    for (const { command, order } of drafts) {
      if (created.stored.has(order.orderId)) outcomes.set(command, { kind: "created", order });
      else if (created.faults.has(order.orderId)) outcomes.set(command, { kind: "failed", cause: created.faults.get(order.orderId) });
      else resolved.push({ command, state: "EXPIRED" });
    }
  }
  const left = commands.filter((command) => outcomes.get(command)?.kind !== "created");
  try {
    if (left.length > 0) await meetEarlierCalls(context, left, resolved, outcomes);
  } catch (cause) {
    for (const command of left) outcomes.set(command, { kind: "failed", cause });
  }
  return commands.map((command) => outcomes.get(command) ?? noOutcome);
}

interface Draft extends Pick<NewOrder, "order" | "isRepeat"> {
  readonly command: CreateOrderCommand;
}

/** A command whose hold has ended, or whose reservation has a claim. */
interface Resolved {
  readonly command: CreateOrderCommand;
  readonly state: "EXPIRED" | "RELEASED";
}

async function reserve(context: CreateBatchContext, commands: readonly CreateOrderCommand[], outcomes: Outcomes) {
  await context.turn?.ahead;
  const now = context.clock.now();
  const expireTime = new Date(now.getTime() + context.payWithinMs + context.holdMarginMs);
  const asking = context.inventory.reserve(
    commands.map(({ reservationId, userId, lines }) => ({ reservationId, userId, lines, expireTime })),
  );
  context.turn?.pass();
  const answers = await asking;
  const drafts: Draft[] = [];
  const resolved: Resolved[] = [];
  const unpriceable: string[] = [];
  commands.forEach((command, index) => {
    const answer = answers[index] ?? { kind: "unknown", cause: new Error("the inventory answered fewer holds than were asked for") };
    if (answer.kind !== "hold") {
      outcomes.set(command, answer.kind === "id-reused" ? { kind: "request-id-reused" } : answer);
      return;
    }
    const { hold } = answer;
    // An inventory that answers in brief compares the lines itself.
    if (!sameLines(command.lines, hold.lines)) {
      outcomes.set(command, { kind: "request-id-reused" });
      return;
    }
    const payBy = new Date(hold.expireTime.getTime() - context.holdMarginMs);
    if (hold.state !== "HELD" || payBy <= now) {
      resolved.push({ command, state: hold.state === "RELEASED" ? "RELEASED" : "EXPIRED" });
      return;
    }
    const order = draftOrder(context.newOrderId(), command, hold, payBy, now);
    if (typeof order !== "string") {
      // A hold that is there already keeps its time.
      drafts.push({ command, order, isRepeat: hold.expireTime.getTime() !== expireTime.getTime() });
      return;
    }
    outcomes.set(command, { kind: "unpriceable", fault: order });
    unpriceable.push(hold.reservationId);
  });
  await giveBack(context, unpriceable);
  return { drafts, resolved };
}

function draftOrder(orderId: string, command: CreateOrderCommand, hold: Hold, expireTime: Date, now: Date): Order | SumFault {
  const total = sumOfLines(hold.lines);
  if (typeof total === "string") return total;
  return {
    orderId,
    userId: command.userId,
    ...atFirst,
    reservationId: hold.reservationId,
    lines: hold.lines,
    total,
    expireTime,
    createTime: now,
    updateTime: now,
  };
}

/** Closes the ids first, so that no order can come to be behind a hold that is given back. */
async function giveBack(context: CreateBatchContext, reservationIds: readonly string[]): Promise<void> {
  if (reservationIds.length === 0) return;
  const claims = await context.store.closeReservations(reservationIds);
  await context.inventory.release(claims.filter(({ orderId }) => orderId === undefined).map(({ reservationId }) => reservationId));
}

/** Answers those that did not become an order by the order behind their claim, where there is one. */
async function meetEarlierCalls(context: CreateBatchContext, left: readonly CreateOrderCommand[], resolved: readonly Resolved[], outcomes: Outcomes): Promise<void> {
  for (const { command, state } of resolved) outcomes.set(command, { kind: "hold-ended", state });
  const claims = await context.store.findClaims(left.map(({ reservationId }) => reservationId));
  const orderIds = new Map(claims.map(({ reservationId, orderId }) => [reservationId, orderId]));
  const orders = new Map((await context.store.getOrders(claims.flatMap(({ orderId }) => orderId ?? []))).map((order) => [order.orderId, order]));
  const now = context.clock.now();
  for (const command of left) {
    const order = orders.get(orderIds.get(command.reservationId) ?? "");
    if (order === undefined) continue;
    if (!sameLines(command.lines, order.lines)) outcomes.set(command, { kind: "request-id-reused" });
    else outcomes.set(command, { kind: "created", order: now.getTime() - order.createTime.getTime() < context.keepAnswerMs ? asCreated(order, command.reservationId) : order });
  }
}

/** Whether both ask for the same units of the same deals, however they are split into lines. */
export function sameLines(a: readonly WantedLine[], b: readonly WantedLine[]): boolean {
  const [first, second] = [a[0], b[0]];
  if (a.length === 1 && b.length === 1 && first !== undefined && second !== undefined) {
    return first.quantity === second.quantity && first.dealId.toLowerCase() === second.dealId.toLowerCase();
  }
  const left = unitsPerDeal(a);
  const right = unitsPerDeal(b);
  return left.size === right.size && [...left].every(([dealId, quantity]) => right.get(dealId) === quantity);
}

function unitsPerDeal(lines: readonly WantedLine[]): ReadonlyMap<string, bigint> {
  const units = new Map<string, bigint>();
  for (const { dealId, quantity } of lines) {
    const key = dealId.toLowerCase();
    units.set(key, (units.get(key) ?? 0n) + quantity);
  }
  return units;
}
