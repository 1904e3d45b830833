import { loadConfig } from "@flashdeal/runtime/config";
import { serviceSettings } from "@flashdeal/runtime/lifecycle";

/** The settings of any service, read from the environment. */
export function loadNoOpConfig() {
  return loadConfig(serviceSettings({ grpcPort: 50_063, httpPort: 9_063 }), process.env);
}
