import { loadConfig } from "@flashdeal/runtime/config";
import { serviceSettings, type ServiceConfig } from "@flashdeal/runtime/lifecycle";

/** Reads the settings of the auditor as a process of its own: those of every service. */
export function loadAuditorServiceConfig(env: NodeJS.ProcessEnv = process.env): ServiceConfig {
  return loadConfig(serviceSettings({ grpcPort: 50_065, httpPort: 9_065 }), env);
}
