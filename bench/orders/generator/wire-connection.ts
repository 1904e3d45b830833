import { once } from "node:events";
import { connect } from "node:net";
import type { Field, HeaderBlocks } from "./header-block.ts";

/**
 * A gRPC client that does as little as a client can: unary calls over plain HTTP/2, written frame by frame. Client libraries for
 * Node cost more per call than the server under test; on a shared machine they would be what is measured.
 */
export interface WireConnection {
  /** Sends a call; `onEnd` is told whether a message came back. */
  call(own: readonly Field[], message: Buffer, onEnd: (answered: boolean) => void): void;
  close(): void;
}

const frameHeaderBytes = 9;
const data = 0;
const headers = 1;
const resetStream = 3;
const settings = 4;
const ping = 6;
const goAway = 7;
const windowUpdate = 8;
const endStream = 1;
const ack = 1;
const endHeaders = 4;
const largestWindow = 2 ** 31 - 1;
/** How much is received before the server is told that there is room again. */
const refillBytes = 1 << 20;

interface Call {
  answered: boolean;
  readonly onEnd: (answered: boolean) => void;
}

/** Connects, and shakes hands. Header blocks must be of this connection alone. */
export async function openWireConnection(port: number, blocks: HeaderBlocks): Promise<WireConnection> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  const calls = new Map<number, Call>();
  const ready = Promise.withResolvers<void>();
  let nextStream = 1;
  let window = 65_535;
  const unsent: Buffer[] = [];
  let received = 0;
  let outbox: Buffer[] = [];
  let rest: Buffer = Buffer.alloc(0);

  const flush = (): void => {
    const chunks = outbox;
    outbox = [];
    socket.write(Buffer.concat(chunks));
  };
  // All frames of one turn of the event loop leave with one write.
  const send = (bytes: Buffer): void => {
    if (outbox.push(bytes) === 1) setImmediate(flush);
  };
  const sendWhatFits = (): void => {
    for (let [bytes] = unsent; bytes !== undefined && bytes.length - frameHeaderBytes <= window; [bytes] = unsent) {
      unsent.shift();
      window -= bytes.length - frameHeaderBytes;
      send(bytes);
    }
  };
  const end = (stream: number): void => {
    const call = calls.get(stream);
    calls.delete(stream);
    call?.onEnd(call.answered);
  };
  const fail = (): void => {
    for (const stream of calls.keys()) end(stream);
  };
  const refill = (bytes: number): void => {
    received += bytes;
    if (received < refillBytes) return;
    const increment = Buffer.alloc(4);
    increment.writeUInt32BE(received);
    received = 0;
    send(frame(windowUpdate, 0, 0, increment));
  };
  const onFrame = (type: number, flags: number, stream: number, payload: Buffer): void => {
    switch (type) {
      case data: {
        const call = calls.get(stream);
        // A message has five bytes before it.
        if (call !== undefined && payload.length > 5) call.answered = true;
        refill(payload.length);
        if ((flags & endStream) !== 0) end(stream);
        return;
      }
      case headers:
        if ((flags & endStream) !== 0) end(stream);
        return;
      case settings:
        if ((flags & ack) === 0) send(frame(settings, ack, 0, Buffer.alloc(0)));
        ready.resolve();
        return;
      case ping:
        if ((flags & ack) === 0) send(frame(ping, ack, 0, payload));
        return;
      case windowUpdate:
        if (stream === 0) window += payload.readUInt32BE();
        sendWhatFits();
        return;
      case resetStream:
        end(stream);
        return;
      case goAway:
        fail();
        return;
      default:
    }
  };
  socket.on("data", (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (; rest.length - at >= frameHeaderBytes; ) {
      const length = rest.readUIntBE(at, 3);
      if (rest.length - at < frameHeaderBytes + length) break;
      const body = at + frameHeaderBytes;
      onFrame(rest.readUInt8(at + 3), rest.readUInt8(at + 4), rest.readUInt32BE(at + 5) & 0x7fffffff, rest.subarray(body, body + length));
      at = body + length;
    }
    rest = rest.subarray(at);
  });
  socket.on("close", fail).on("error", fail);
  send(Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1"), ownSettings(), window0()]));
  await ready.promise;

  return {
    call(own, message, onEnd) {
      const stream = nextStream;
      nextStream += 2;
      calls.set(stream, { answered: false, onEnd });
      send(frame(headers, endHeaders, stream, stream === 1 ? blocks.first(own) : blocks.later(own)));
      const bytes = frame(data, endStream, stream, lengthPrefixed(message));
      unsent.push(bytes);
      sendWhatFits();
    },
    close: () => socket.destroy(),
  };
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(frameHeaderBytes + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes.writeUInt8(type, 3);
  bytes.writeUInt8(flags, 4);
  bytes.writeUInt32BE(stream, 5);
  payload.copy(bytes, frameHeaderBytes);
  return bytes;
}

function lengthPrefixed(message: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(5 + message.length);
  bytes.writeUInt8(0, 0);
  bytes.writeUInt32BE(message.length, 1);
  message.copy(bytes, 5);
  return bytes;
}

/** The largest window for each stream. */
function ownSettings(): Buffer {
  const initialWindowSize = 4;
  const payload = Buffer.alloc(6);
  payload.writeUInt16BE(initialWindowSize, 0);
  payload.writeUInt32BE(largestWindow, 2);
  return frame(settings, 0, 0, payload);
}

/** The largest window for the connection. */
function window0(): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(largestWindow - 65_535);
  return frame(windowUpdate, 0, 0, payload);
}
