/** What the schedule knows of a signing key. */
export interface ScheduledKey {
  readonly keyId: string;
  /** 1 for the first key, then one more each time. */
  readonly generation: number;
  /** When it begins to sign. */
  readonly activateTime: Date;
}

/** When keys change. */
export interface RotationPolicy {
  /** How long a key signs. */
  readonly rotateAfterMs: number;
  /** How long a key is published before it signs, so that verifiers have fetched it by then. */
  readonly publishAheadMs: number;
  /** How long a key verifies after it signed last: the life of an access token and some leeway for clocks that differ. */
  readonly verifyAfterMs: number;
}

/** The key that signs now: the newest that is active. Undefined where there is none. */
export function currentKey<Key extends ScheduledKey>(keys: readonly Key[], now: Date): Key | undefined {
  const newestFirst = keys.toSorted((a, b) => b.generation - a.generation);
  // Clocks differ: where even the first key lies ahead of ours, it is the only one that can sign.
  return newestFirst.find((key) => key.activateTime <= now) ?? newestFirst.at(-1);
}

/** The keys to publish, the current one first, then the next one, then those whose last token may still live. */
export function publishedKeys<Key extends ScheduledKey>(keys: readonly Key[], now: Date, policy: RotationPolicy): readonly Key[] {
  const current = currentKey(keys, now);
  if (current === undefined) return [];
  const others = keys.filter((key) => key !== current && !isEnded(key, keys, now, policy));
  return [current, ...others.toSorted((a, b) => b.generation - a.generation)];
}

/** The keys that no living token was signed with. */
export function endedKeys<Key extends ScheduledKey>(keys: readonly Key[], now: Date, policy: RotationPolicy): readonly Key[] {
  return keys.filter((key) => isEnded(key, keys, now, policy));
}

/** The key to make now, if any: its generation, and when it becomes active. */
export function nextKey(
  keys: readonly ScheduledKey[],
  now: Date,
  policy: RotationPolicy,
): { readonly generation: number; readonly activateTime: Date } | undefined {
  const newest = keys.toSorted((a, b) => b.generation - a.generation)[0];
  if (newest === undefined) return { generation: 1, activateTime: now };
  const announceTime = newest.activateTime.getTime() + policy.rotateAfterMs - policy.publishAheadMs;
  if (now.getTime() < announceTime) return undefined;
  return { generation: newest.generation + 1, activateTime: new Date(now.getTime() + policy.publishAheadMs) };
}

function isEnded(key: ScheduledKey, keys: readonly ScheduledKey[], now: Date, policy: RotationPolicy): boolean {
  const successors = keys.filter((other) => other.generation > key.generation).map((other) => other.activateTime.getTime());
  return Math.min(...successors) + policy.verifyAfterMs <= now.getTime();
}
