import { randomBytes } from "node:crypto";
import { hash, verify, type Algorithm } from "@node-rs/argon2";
import type { PasswordHasher } from "../domain/ports.ts";

/** What a hash costs. */
export interface PasswordHashParameters {
  readonly memoryKib: number;
  readonly iterations: number;
  readonly parallelism: number;
}

/** `Algorithm.Argon2id`: the enum is ambient and const, which type stripping cannot inline. */
const argon2id = 2 as Algorithm.Argon2id;

/** argon2id (RFC 9106) on libuv's threads. */
export function createPasswordHasher(parameters: PasswordHashParameters): PasswordHasher {
  const options = {
    algorithm: argon2id,
    memoryCost: parameters.memoryKib,
    timeCost: parameters.iterations,
    parallelism: parameters.parallelism,
  };
  const prefix = `$argon2id$v=19$m=${parameters.memoryKib},t=${parameters.iterations},p=${parameters.parallelism}$`;
  const hashPassword = (password: string): Promise<string> => hash(password, options);
  let dummy: Promise<string> | undefined;
  return {
    hash: hashPassword,
    matches: async (passwordHash, password) => {
      if (passwordHash !== undefined) return verify(passwordHash, password);
      // A hash of a password that nobody knows, made with the same parameters. The first use pays for it.
      await verify(await (dummy ??= hashPassword(randomBytes(32).toString("base64"))), password);
      return false;
    },
    isOutdated: (passwordHash) => !passwordHash.startsWith(prefix),
  };
}
