import { fromBinary } from "@bufbuild/protobuf";
import {
  BatchCreateOrdersRequestSchema,
  BatchCreateOrdersResponseSchema,
  CreateOrderRequestSchema,
  CreateOrderResponseSchema,
  type CreateOrderRequest,
  type CreateOrderResponse,
} from "@flashdeal/proto/flashdeal/order/v1/order_service_pb";
import { ReservationState, ReserveStockRequestSchema, ReserveStockResponseSchema } from "@flashdeal/proto/flashdeal/product/v1/inventory_service_pb";
import type { Direction, Watcher } from "./wire.ts";

/** A moment to wait for: makes a watcher, which may remember what it has seen. */
export type Moment = () => Watcher;

/** A chunk that matches. NATS's protocol is text. */
export function textPasses(direction: Direction, text: RegExp): Moment {
  return () => (passing) => passing.direction === direction && text.test(passing.chunk.toString("latin1"));
}

/** A hold is asked for: ReserveStock. */
export const holdAsked: Moment = () => asked(asksForHold);

/** The answer to that, with a hold in it. */
export const holdAnswered: Moment = () => answered(asksForHold, tellsHold);

/** An order is asked for: CreateOrder, or BatchCreateOrders, into which the gateway puts what comes together. */
export const orderAsked: Moment = () => asked(asksForOrder);

/** The answer to that, with an order in it. */
export const orderAnswered: Moment = () => answered(asksForOrder, tellsOrder);

type Reads = (bytes: Buffer) => boolean;

function asked(asks: Reads): Watcher {
  return ({ direction, chunk }) => direction === "request" && grpcMessages(chunk).some(({ bytes }) => asks(bytes));
}

/** On a stream that asked for it. */
function answered(asks: Reads, tells: Reads): Watcher {
  const open = new Set<string>();
  return ({ direction, chunk, connection }) =>
    grpcMessages(chunk).some(({ stream, bytes }) => {
      const name = `${connection}/${stream}`;
      if (direction === "request" && asks(bytes)) open.add(name);
      return direction === "answer" && open.delete(name) && tells(bytes);
    });
}

// Bytes do not say which message they are, but no other has ids in these places.
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const haveDeals = (lines: readonly { readonly dealId: string }[]): boolean => lines.length > 0 && lines.every(({ dealId }) => uuid.test(dealId));
const isOrder = ({ lines, requestId }: CreateOrderRequest): boolean => requestId !== "" && haveDeals(lines);
const hasOrder = ({ order }: CreateOrderResponse): boolean => order !== undefined && uuid.test(order.orderId);

function asksForHold(bytes: Buffer): boolean {
  return reads(() => fromBinary(ReserveStockRequestSchema, bytes).entries.some(({ reservationId, lines }) => uuid.test(reservationId) && haveDeals(lines)));
}

function tellsHold(bytes: Buffer): boolean {
  return reads(() => fromBinary(ReserveStockResponseSchema, bytes).results.some(({ outcome }) => outcome.case === "reservation" && outcome.value.state === ReservationState.HELD));
}

function asksForOrder(bytes: Buffer): boolean {
  return (
    reads(() => isOrder(fromBinary(CreateOrderRequestSchema, bytes))) ||
    reads(() => fromBinary(BatchCreateOrdersRequestSchema, bytes).entries.some(({ userId, request }) => uuid.test(userId) && request !== undefined && isOrder(request)))
  );
}

function tellsOrder(bytes: Buffer): boolean {
  return (
    reads(() => hasOrder(fromBinary(CreateOrderResponseSchema, bytes))) ||
    reads(() => fromBinary(BatchCreateOrdersResponseSchema, bytes).results.some(({ outcome }) => outcome.case === "response" && hasOrder(outcome.value)))
  );
}

/** A named statement with this text among its parameters. */
export interface StatementSought {
  /** As it is prepared: `order.InsertNewOrders`. */
  readonly statement: string;
  /** Found in the same chunk. Default: anything. */
  readonly text?: RegExp;
}

/** In Postgres's protocol: the transaction that ran this statement is to be committed. */
export function commitAsked(sought: StatementSought): Moment {
  return () => {
    const open = new Set<number>();
    return ({ direction, chunk, connection }) => {
      if (direction !== "request") return false;
      if (chunk.includes(begin)) open.delete(connection);
      if (runs(chunk, sought)) open.add(connection);
      return chunk.includes(commit) && open.delete(connection);
    };
  };
}

/** In Postgres's protocol: the transaction that ran this statement is committed. */
export function commitAnswered(sought: StatementSought): Moment {
  return () => {
    const asks = commitAsked(sought)();
    const asked = new Set<number>();
    return (passing) => {
      if (asks(passing)) asked.add(passing.connection);
      return passing.direction === "answer" && passing.chunk.includes(commit) && asked.delete(passing.connection);
    };
  };
}

/** In Postgres's protocol: this statement, which is a transaction of its own, is to be run. */
export function statementAsked(sought: StatementSought): Moment {
  return () => ({ direction, chunk }) => direction === "request" && runs(chunk, sought);
}

/** In Postgres's protocol: this statement, which is a transaction of its own, has changed something. `did`: what Postgres says of it. */
export function statementAnswered(sought: StatementSought, did: "INSERT 0 1" | "UPDATE 1" | "SELECT 1"): Moment {
  return () => {
    const asked = new Set<number>();
    return ({ direction, chunk, connection }) => {
      if (direction === "request") {
        if (runs(chunk, sought)) asked.add(connection);
        else asked.delete(connection);
        return false;
      }
      return chunk.includes(`${did}\0`) && asked.delete(connection);
    };
  };
}

const begin = "BEGIN";
/** The query, and the tag of its answer. */
const commit = "COMMIT\0";

function runs(chunk: Buffer, { statement, text }: StatementSought): boolean {
  return chunk.includes(`${statement}\0`) && text?.test(chunk.toString("latin1")) !== false;
}

interface GrpcMessage {
  readonly stream: number;
  readonly bytes: Buffer;
}

/**
 * Messages of a chunk that begins with a frame (RFC 9113, section 4.1): length in 3 bytes, type, flags, stream in 4. Data is type 0. A message that is not whole in
 * one frame and one chunk is passed over: the next one will do.
 */
function grpcMessages(chunk: Buffer): GrpcMessage[] {
  const messages: GrpcMessage[] = [];
  for (let at = 0; at + frameHeaderBytes <= chunk.length; ) {
    const length = chunk.readUIntBE(at, 3);
    const payload = chunk.subarray(at + frameHeaderBytes, at + frameHeaderBytes + length);
    // gRPC: a byte that tells whether it is compressed, and the length.
    if (chunk[at + 3] === 0 && payload.length === length && length > grpcPrefixBytes && payload[0] === 0) {
      messages.push({ stream: chunk.readUInt32BE(at + 5), bytes: payload.subarray(grpcPrefixBytes) });
    }
    at += frameHeaderBytes + length;
  }
  return messages;
}

const frameHeaderBytes = 9;
const grpcPrefixBytes = 5;

/** What cannot be read is another message. */
function reads(look: () => boolean): boolean {
  try {
    return look();
  } catch {
    return false;
  }
}
