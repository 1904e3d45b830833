import { create, type DescMessage, type DescService, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { reasonMetadataOf, reasonOf, retryAfterMsOf, violationsOf } from "@flashdeal/runtime/errors";
import { createGrpcTransport, type GrpcTransport } from "@flashdeal/runtime/rpc";
import type { CallOptions, Caller } from "./caller.ts";
import { CallFailure, type Failure } from "./outcome.ts";

export interface GrpcCallerOptions {
  /** `host:port` of the server of a service. */
  addressOf(service: DescService): string;
  /** Longest wait for a unary answer. Default: 30 s. */
  readonly timeoutMs?: number;
}

/** Calls services directly. The idempotency key travels as `request_id`. */
export function createGrpcCaller(options: GrpcCallerOptions): Caller {
  const transports = new Map<string, GrpcTransport>();
  const timeoutMs = options.timeoutMs ?? 30_000;
  const transportTo = (service: DescService): GrpcTransport => {
    const address = options.addressOf(service);
    const known = transports.get(address) ?? createGrpcTransport({ address, defaultTimeoutMs: timeoutMs });
    transports.set(address, known);
    return known;
  };
  return {
    protocol: "grpc",
    async unary(method, request, call = {}) {
      try {
        const message = withKey(method.input, request, call.key);
        const { message: value } = await transportTo(method.parent).unary(method, undefined, timeoutMs, headersOf(call), message);
        return { ok: true, value };
      } catch (error) {
        return toFailure(error);
      }
    },
    async *stream(method, request, call) {
      try {
        const input = once(withKey(method.input, request, call.key));
        const { message } = await transportTo(method.parent).stream(method, call.signal, 0, headersOf(call), input);
        yield* message;
      } catch (error) {
        if (call.signal.aborted) return;
        throw new CallFailure(toFailure(error));
      }
    },
    close() {
      for (const transport of transports.values()) transport.close();
    },
  };
}

function headersOf({ token }: CallOptions): HeadersInit {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

type HeadersInit = Record<string, string>;

function withKey<Desc extends DescMessage>(desc: Desc, request: MessageInitShape<Desc>, key: string | undefined): MessageInitShape<Desc> {
  if (key === undefined) return request;
  const copy = { ...create(desc, request) } as unknown as Record<string, unknown>;
  copy["requestId"] = key;
  return copy as MessageInitShape<Desc> & MessageShape<Desc>;
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

/** What a ConnectError says. Rethrows whatever is none: the transport makes one of every answer. */
export function toFailure(error: unknown): Failure {
  if (!(error instanceof ConnectError)) throw error;
  const retryAfterMs = retryAfterMsOf(error);
  return {
    ok: false,
    code: codeName(error.code),
    reason: reasonOf(error) ?? "",
    message: error.rawMessage,
    violations: violationsOf(error).map(({ field, description }) => ({ field, description })),
    metadata: reasonMetadataOf(error),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** The name that gRPC gives a code: `FAILED_PRECONDITION`. */
export function codeName(code: Code): string {
  if (code === Code.Canceled) return "CANCELLED";
  return (Code[code] ?? "UNKNOWN").replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}
