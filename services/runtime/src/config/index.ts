/** Configuration from the environment, checked as a whole before anything starts. */
export { ConfigError, loadConfig, type Config, type ConfigShape, type Setting } from "./load-config.ts";
export { address, bytes, duration, flag, integer, oneOf, optional, port, secret, text, url, urls } from "./settings.ts";
