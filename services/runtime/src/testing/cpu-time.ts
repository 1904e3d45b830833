/**
 * CPU milliseconds that this process takes for `work`, on all of its threads: what it costs, where other processes make it
 * wait for a core. Nothing else may run in this process meanwhile.
 */
export async function cpuMsOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
