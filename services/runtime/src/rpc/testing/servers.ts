import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import type { Transport } from "@connectrpc/connect";
import { createGrpcServer, type GrpcServerOptions } from "../grpc-server.ts";
import { createGrpcTransport, type GrpcTransportOptions } from "../grpc-transport.ts";
import { createHttpServer, type HttpServerOptions } from "../http-server.ts";

/** Both servers over the same routes, with a client of each protocol. For tests. */
export interface Servers {
  readonly grpcPort: number;
  readonly httpPort: number;
  /** By the name of the protocol. */
  readonly transports: Readonly<Record<string, Transport>>;
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** Options of both servers, but where they listen. */
export type ServersOptions = Omit<GrpcServerOptions & HttpServerOptions, "host" | "port">;

/** Starts both on free ports of this machine. */
export async function startServers(options: ServersOptions, client: Partial<GrpcTransportOptions> = {}): Promise<Servers> {
  const grpc = createGrpcServer({ ...options, host: "127.0.0.1", port: 0 });
  const http = createHttpServer({ ...options, host: "127.0.0.1", port: 0 });
  const { port: grpcPort } = await grpc.start();
  const { port: httpPort } = await http.start();
  const grpcTransport = createGrpcTransport({ ...client, address: `127.0.0.1:${grpcPort}` });
  const baseUrl = `http://127.0.0.1:${httpPort}`;
  return {
    grpcPort,
    httpPort,
    transports: {
      grpc: grpcTransport,
      "connect json": createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false }),
      "connect binary": createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: true }),
      "grpc-web": createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
    },
    async drain() {
      await Promise.all([grpc.drain(), http.drain()]);
    },
    async close() {
      grpcTransport.close();
      await Promise.all([grpc.close(), http.close()]);
    },
  };
}
