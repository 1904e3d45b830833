import type { HandlerContext } from "@connectrpc/connect";

/** Implemented by contexts that can answer one header without building a `Headers` object of all of them. */
export interface HeaderLookup {
  lookUpHeader(name: string): string | undefined;
}

/** One request header by its lower-case name. The way to read a header on a hot path. */
export function requestHeaderOf(context: HandlerContext, name: string): string | undefined {
  if ("lookUpHeader" in context) return (context as HandlerContext & HeaderLookup).lookUpHeader(name);
  return context.requestHeader.get(name) ?? undefined;
}
