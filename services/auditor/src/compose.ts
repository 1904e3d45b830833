import type { Composed } from "@flashdeal/runtime/lifecycle";
import { createRoutes } from "./handler/routes.ts";

/** Wires the auditor. */
export function composeAuditor(): Composed {
  return { routes: createRoutes(), background: [] };
}
