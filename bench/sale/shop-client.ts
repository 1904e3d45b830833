import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";

/** What a REST call came to, after its retries. `status` 0: no answer at all. */
export interface Answer {
  readonly status: number;
  /** The `reason` of the problem document; empty where the call succeeded. */
  readonly reason: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Calls that were sent, 1 without a retry. */
  readonly attempts: number;
}

export interface CallOptions {
  readonly token?: string;
  /** Sent as `Idempotency-Key`; a retry sends the same one, so that nothing happens twice. */
  readonly key?: string;
  readonly body?: unknown;
}

/** A REST client of the platform, as a shop would write it: keyed writes, retries with jitter, no guessing. */
export interface ShopClient {
  call(method: "GET" | "POST" | "PATCH" | "DELETE", path: string, options?: CallOptions): Promise<Answer>;
  /** The same, but throws where the answer is not 2xx. */
  expect(method: "GET" | "POST" | "PATCH" | "DELETE", path: string, options?: CallOptions): Promise<Answer["body"]>;
  close(): Promise<void>;
}

/** A call is given up this long after its first attempt. */
const retryForMs = 60_000;
const firstPauseMs = 50;
const longestPauseMs = 2_000;
const requestTimeoutMs = 30_000;
/** Answers that say "not now": the same call with the same key may succeed later. */
const retryReasons = new Set(["OVERLOADED", "RATE_LIMITED", "SERVICE_UNAVAILABLE", "REQUEST_IN_PROGRESS", "PAYMENT_PENDING", "DEADLINE_EXCEEDED"]);

/** Connects to the gateway at `url` with at most `connections` connections. */
export function createShopClient(url: string, connections: number): ShopClient {
  const pool = new Pool(url, { connections, pipelining: 1, headersTimeout: requestTimeoutMs, bodyTimeout: requestTimeoutMs });

  const once = async (method: string, path: string, options: CallOptions): Promise<Omit<Answer, "attempts">> => {
    try {
      const response = await pool.request({
        method: method as "GET",
        path,
        headers: {
          ...(options.body === undefined ? {} : { "content-type": "application/json" }),
          ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
          ...(options.key === undefined ? {} : { "idempotency-key": options.key }),
        },
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      });
      const text = await response.body.text();
      const body = parseObject(text);
      return { status: response.statusCode, reason: response.statusCode < 400 ? "" : String(body["reason"] ?? "UNKNOWN"), body };
    } catch (error) {
      return { status: 0, reason: "NO_ANSWER", body: { detail: error instanceof Error ? error.message : String(error) } };
    }
  };

  const call: ShopClient["call"] = async (method, path, options = {}) => {
    const keyed = { ...options, ...(method !== "GET" && options.key === undefined ? { key: randomUUID() } : {}) };
    const deadline = Date.now() + retryForMs;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await once(method, path, keyed);
      const retry = answer.status === 0 || retryReasons.has(answer.reason);
      if (!retry || Date.now() > deadline) {
        return { ...answer, attempts: attempt };
      }
      await sleep(Math.random() * Math.min(longestPauseMs, firstPauseMs * 2 ** attempt));
    }
  };

  return {
    call,
    async expect(method, path, options) {
      const answer = await call(method, path, options);
      if (answer.status < 200 || answer.status > 299) {
        const detail = String(answer.body["detail"] ?? JSON.stringify(answer.body));
        throw new Error(`${method} ${path}: ${answer.status} ${answer.reason}: ${detail}`);
      }
      return answer.body;
    },
    close: () => pool.close(),
  };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : { value };
  } catch {
    return text === "" ? {} : { detail: text };
  }
}
