import type { DescService } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";

/** One service of the contract with its handlers. Methods that are absent answer UNIMPLEMENTED, NOT_IMPLEMENTED. */
export interface ServiceRoutes {
  readonly service: DescService;
  readonly implementation: Partial<ServiceImpl<DescService>>;
}

/** Binds handlers to a service of the contract; the types of both are checked against each other here, once. */
export function serviceRoutes<Service extends DescService>(
  service: Service,
  implementation: Partial<ServiceImpl<Service>>,
): ServiceRoutes {
  // Each handler stays bound to its method's own types; servers look it up by the same method's name again.
  return { service, implementation: implementation as Partial<ServiceImpl<DescService>> };
}
