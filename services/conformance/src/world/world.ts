import type { Caller } from "../caller/caller.ts";
import type { RawGrpc } from "./raw-grpc.ts";
import type { Fixtures } from "./fixtures.ts";

/** A signed-in customer. */
export interface Buyer {
  readonly userId: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
  readonly refreshToken: string;
}

/** What the suite is told about the platform under test. */
export interface Platform {
  /** Base address of the gateway; undefined: REST cannot be tested. */
  readonly restUrl?: string | undefined;
  /** `host:port` of the gRPC server of each process; undefined: gRPC cannot be tested. */
  readonly grpcAddresses?: Readonly<Record<"auth" | "product" | "order" | "stock-query" | "auditor", string>> | undefined;
  readonly admin: { readonly email: string; readonly password: string };
  /** Time to pay of the platform, in milliseconds. Unset: cases that wait for it are skipped. */
  readonly holdMs?: number | undefined;
  /** Life of its access tokens, in milliseconds. Unset: cases that wait for it are skipped. */
  readonly accessTokenLifeMs?: number | undefined;
  /** Its INTERNAL_TOKEN_SECRET. Unset: what only services may call is not called. */
  readonly internalTokenSecret?: string | undefined;
}

/** What a case works with. One world per protocol. */
export interface World {
  readonly platform: Platform;
  readonly caller: Caller;
  /** Makes what cases need: buyers, deals, orders. */
  readonly make: Fixtures;
  /** A token of the admin. */
  adminToken(): Promise<string>;
  /** A token of a service, for methods that only services may call. */
  serviceToken(): Promise<string>;
  /** REST without the contract: for nonsense. Throws where there is no gateway. */
  rawRest(path: string, init?: RequestInit): Promise<Response>;
  /** gRPC without the contract: for nonsense. Throws where there is no gRPC. */
  readonly rawGrpc: RawGrpc;
  close(): void;
}
