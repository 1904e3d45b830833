/** Starts what the tests need, once per run. */
export default async function setup(): Promise<void> {}
