import { fromJson, type DescMessage, type DescMethod, type JsonValue, type MessageShape } from "@bufbuild/protobuf";
import type { CallOptions, Caller } from "./caller.ts";
import { CallFailure, type Failure } from "./outcome.ts";
import { responseBodyOf, toRestRequest, type RestRequest } from "./rest-request.ts";
import { parseEvents } from "./server-sent-events.ts";

/** Calls the gateway, by the contract's `google.api.http` rules. The idempotency key travels in its header. */
export function createRestCaller(baseUrl: string, timeoutMs = 30_000): Caller {
  const send = (request: RestRequest, call: CallOptions, signal: AbortSignal, accept: string): Promise<Response> =>
    fetch(new URL(request.path, baseUrl), {
      method: request.httpMethod,
      headers: { accept, ...headersOf(call), ...(request.body === undefined ? {} : { "content-type": "application/json" }) },
      body: request.body ?? null,
      signal,
    });
  return {
    protocol: "rest",
    async unary(method, request, call = {}) {
      const response = await send(toRestRequest(method, request), call, AbortSignal.timeout(timeoutMs), "application/json");
      if (!response.ok) return toFailure(response);
      return { ok: true, value: decodeAnswer(method, (await response.json()) as JsonValue) };
    },
    async *stream(method, request, call) {
      const response = await send(toRestRequest(method, request), call, call.signal, "text/event-stream");
      if (!response.ok) throw new CallFailure(await toFailure(response));
      if (response.body === null) throw new Error(`${method.name}: the stream has no body`);
      try {
        for await (const event of parseEvents(response.body)) {
          if (event.name === "end") return;
          if (event.name === "error") throw new CallFailure(readProblem(JSON.parse(event.data), undefined));
          yield decodeAnswer(method, JSON.parse(event.data) as JsonValue);
        }
      } catch (error) {
        if (call.signal.aborted) return;
        throw error;
      }
    },
    close() {},
  };
}

function headersOf({ token, key }: CallOptions): Record<string, string> {
  return {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(key === undefined ? {} : { "idempotency-key": key }),
  };
}

/** Strict: a field that the contract does not know is a fault of the answer. */
function decodeAnswer<O extends DescMessage>(method: DescMethod & { readonly output: O }, json: JsonValue): MessageShape<O> {
  const name = responseBodyOf(method);
  return fromJson(method.output, name === undefined ? json : { [name]: json });
}

/** Reads an RFC 9457 problem document; an answer of another kind is a failure without a reason. */
export async function toFailure(response: Response): Promise<Failure> {
  const text = await response.text();
  const isProblem = response.headers.get("content-type")?.startsWith("application/problem+json") === true;
  try {
    if (isProblem) return readProblem(JSON.parse(text), response.status);
  } catch {
    // Not JSON: reported as it is.
  }
  return { ok: false, code: "UNKNOWN", httpStatus: response.status, reason: "", message: text.slice(0, 500), violations: [], metadata: {} };
}

function readProblem(json: unknown, httpStatus: number | undefined): Failure {
  const problem = json as Partial<Record<"code" | "reason" | "detail", string>> & Partial<Pick<Failure, "violations" | "metadata" | "retryAfterMs">>;
  return {
    ok: false,
    code: problem.code ?? "UNKNOWN",
    ...(httpStatus === undefined ? {} : { httpStatus }),
    reason: problem.reason ?? "",
    message: problem.detail ?? "",
    violations: problem.violations ?? [],
    metadata: problem.metadata ?? {},
    ...(problem.retryAfterMs === undefined ? {} : { retryAfterMs: problem.retryAfterMs }),
  };
}
