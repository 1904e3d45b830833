import { createClient, type Transport } from "@connectrpc/connect";
import type { JSONWebKeySet } from "jose";
import { AuthService } from "@flashdeal/proto/flashdeal/auth/v1/auth_service_pb";

/** How to get the public keys that users' tokens are verified with. */
export type JwksSource = () => Promise<JSONWebKeySet>;

const fetchTimeoutMs = 5_000;

/** From the auth service's GetJwks. */
export function jwksFromAuth(transport: Transport): JwksSource {
  const auth = createClient(AuthService, transport);
  return async () => {
    const { keys } = await auth.getJwks({}, { timeoutMs: fetchTimeoutMs });
    return { keys: keys.map(({ kty, kid, use, alg, crv, x, y }) => ({ kty, kid, use, alg, crv, x, y })) };
  };
}

/** From a URL that answers a JSON Web Key Set (RFC 7517). */
export function jwksFromUrl(url: string): JwksSource {
  return async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(fetchTimeoutMs), headers: { accept: "application/json" } });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    const body: unknown = await response.json();
    if (isKeySet(body)) return body;
    throw new Error(`${url} answered something else than a key set`);
  };
}

function isKeySet(body: unknown): body is JSONWebKeySet {
  return typeof body === "object" && body !== null && "keys" in body && Array.isArray(body.keys);
}
