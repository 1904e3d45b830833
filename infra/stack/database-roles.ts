import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { rootFolder } from "../generate/contract.ts";

/** The database role of each service: infra/postgres/roles.sql makes them. */
export const databaseRoles = {
  auth: "auth",
  product: "product",
  order: "order",
  "stock-query": "stock_query",
  "outbox-relay": "relay",
  auditor: "auditor",
} as const;

/** Makes the services' roles and schemas in the database at `url` (a superuser's); each gets the password. */
export async function createDatabaseRoles(url: string, password: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const role of Object.values(databaseRoles)) {
      await client.query("SELECT set_config($1, $2, false)", [`flashdeal.${role}_password`, password]);
    }
    await client.query(readFileSync(join(rootFolder, "infra/postgres/roles.sql"), "utf8"));
  } finally {
    await client.end();
  }
}

/** The same database as seen by a service. */
export function databaseUrlOf(service: keyof typeof databaseRoles, url: string, password: string): string {
  const own = new URL(url);
  own.username = `flashdeal_${databaseRoles[service]}`;
  own.password = password;
  return own.href;
}
