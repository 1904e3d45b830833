/** How a process is put together, started, drained and stopped. */
export { systemClock, upstreamNames, type Adapters, type Background, type Clock, type Composed, type UpstreamName } from "./composition.ts";
export { createConnector, type Connector, type ConnectorOptions } from "./connector.ts";
export { jwksFromAuth, jwksFromUrl, type JwksSource } from "./jwks-source.ts";
export { openPlatform, type Migrations, type OpenPlatformOptions, type Platform } from "./platform.ts";
export { readProcessTls, type TlsConfig } from "./process-tls.ts";
export { reachableHost } from "./reachable-host.ts";
export { createReleaseStack, withReleaseStack, type ReleaseStack } from "./release-stack.ts";
export { exitCodes, loadConfigOrExit, runProcess, StartError, type ProcessOptions } from "./run-process.ts";
export { runService, type ServiceDefinition } from "./run-service.ts";
export { listen, serve, standardInterceptors, standardObservers, startBackground, type Listening, type ServeOptions } from "./serve.ts";
export {
  addressOf,
  listenerSettings,
  platformSettings,
  serviceSettings,
  upstreamSettings,
  type ListenerConfig,
  type PlatformConfig,
  type ServiceConfig,
  type ServicePorts,
  type UpstreamConfig,
} from "./service-config.ts";
