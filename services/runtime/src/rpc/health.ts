import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import {
  Health as HealthService,
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthCheckResponseSchema,
  type HealthCheckRequest,
  type HealthCheckResponse,
} from "@flashdeal/proto/grpc/health/v1/health_pb";
import { serviceRoutes, type ServiceRoutes } from "./service-routes.ts";

/** The health of a server, as `grpc.health.v1` tells it: per service, and for the whole under the name "". */
export interface HealthState {
  readonly routes: ServiceRoutes;
  /** Sets one service, or all of them where none is named. */
  setServing(serving: boolean, service?: string): void;
  /** Whether the whole serves. */
  isServing(): boolean;
}

/** Health of the named services; all of them serve from the start. */
export function createHealth(serviceNames: readonly string[]): HealthState {
  const statuses = new Map<string, ServingStatus>(["", ...serviceNames].map((name) => [name, ServingStatus.SERVING]));
  const watchers = new Set<() => void>();

  const check = (request: HealthCheckRequest): HealthCheckResponse => {
    const status = statuses.get(request.service);
    if (status === undefined) throw new ConnectError(`This server has no service ${request.service}.`, Code.NotFound);
    return create(HealthCheckResponseSchema, { status });
  };

  async function* watch(request: HealthCheckRequest, context: HandlerContext): AsyncGenerator<HealthCheckResponse> {
    let last: ServingStatus | undefined;
    let changed = Promise.withResolvers<void>();
    const onChange = (): void => changed.resolve();
    watchers.add(onChange);
    context.signal.addEventListener("abort", onChange);
    try {
      for (;;) {
        changed = Promise.withResolvers();
        const status = statuses.get(request.service) ?? ServingStatus.SERVICE_UNKNOWN;
        if (status !== last) yield create(HealthCheckResponseSchema, { status });
        last = status;
        // Asked after the news, so that a stream that a draining server ends still tells that it drains.
        if (context.signal.aborted) return;
        await changed.promise;
      }
    } finally {
      watchers.delete(onChange);
      context.signal.removeEventListener("abort", onChange);
    }
  }

  return {
    routes: serviceRoutes(HealthService, { check, watch }),
    setServing(serving, service) {
      const status = serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
      for (const name of service === undefined ? [...statuses.keys()] : [service]) statuses.set(name, status);
      for (const onChange of watchers) onChange();
    },
    isServing: () => statuses.get("") === ServingStatus.SERVING,
  };
}
