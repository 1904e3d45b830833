import type { Queryable } from "@flashdeal/runtime/database";
import { z } from "zod";
import type { SigningKeyStore } from "../domain/ports.ts";
import { deleteSigningKeys, insertSigningKey, listSigningKeys } from "./gen/signing-keys.sql.ts";

const publicKey = z.object({
  kty: z.literal("EC"),
  kid: z.string(),
  use: z.literal("sig"),
  alg: z.literal("ES256"),
  crv: z.literal("P-256"),
  x: z.string(),
  y: z.string(),
});

/** Signing keys in the schema `auth`; their private halves stand there encrypted. */
export function createSigningKeyStore(database: Queryable): SigningKeyStore {
  return {
    list: async () => (await listSigningKeys(database)).map((row) => ({ ...row, publicKey: publicKey.parse(row.publicKey) })),
    insert: async (key) => (await insertSigningKey(database, key)) === 1,
    delete: async (keyIds) => {
      await deleteSigningKeys(database, { keyIds });
    },
  };
}
