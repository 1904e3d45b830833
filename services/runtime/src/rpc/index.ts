/** Serving and calling the contract's rpcs: gRPC on grpc-js, Connect and gRPC-Web over HTTP, one set of handlers. */
export { rememberEncoding } from "./encoded-message.ts";
export { createGrpcServer, type GrpcServerOptions, type RpcServer } from "./grpc-server.ts";
export { createGrpcTransport, type GrpcTransport, type GrpcTransportOptions } from "./grpc-transport.ts";
export { createHealth, type HealthState } from "./health.ts";
export { answersWithStream, composeInterceptors, guard, type CallRequest, type CallResponse, type Invoke, type ServerInterceptor } from "./interceptor.ts";
export { createMethodHandlers, type CallObserver, type CallOutcome, type MethodHandler } from "./method-handler.ts";
export { methodPolicy, type MethodPolicy } from "./method-policy.ts";
export { remainingMs } from "./call-deadline.ts";
export { callSignalOf, type CallSignal } from "./call-signal.ts";
export { requestHeaderOf } from "./request-header.ts";
export { serviceRoutes, type ServiceRoutes } from "./service-routes.ts";
export { readTls, type TlsFiles, type TlsOptions } from "./tls.ts";
export { decodePageToken, encodePageToken, type CursorOf, type PageCursor, type PageTokenScope } from "./page-token.ts";
export { createRequestIdInterceptor } from "./request-id-interceptor.ts";
export { checkMessage, createContractValidator, createValidationInterceptor } from "./validation-interceptor.ts";
export { createHttpServer, type HttpServerOptions, type ReadinessCheck } from "./http-server.ts";
