import type { DescService } from "@bufbuild/protobuf";
import type { ServiceRoutes } from "./service-routes.ts";

/** Server reflection for the services. */
export function createReflectionRoutes(_services: readonly DescService[]): ServiceRoutes[] {
  return [];
}
