/** Where this machine reaches a listener on that host, as it stands in an address: every interface is 127.0.0.1, IPv6 is in brackets. */
export function reachableHost(host: string): string {
  if (host === "0.0.0.0" || host === "") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
