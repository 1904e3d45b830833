import assert from "node:assert/strict";

/** Most pages that a walk reads before it is taken for endless. */
const maxPages = 1_000;

/** Walks through a list to its end. */
export async function allPages<T>(page: (pageToken: string) => Promise<{ readonly items: readonly T[]; readonly nextPageToken: string }>): Promise<T[]> {
  const all: T[] = [];
  let pageToken = "";
  for (let count = 0; count < maxPages; count++) {
    const { items, nextPageToken } = await page(pageToken);
    all.push(...items);
    if (nextPageToken === "") return all;
    pageToken = nextPageToken;
  }
  return assert.fail("the list never ends");
}
