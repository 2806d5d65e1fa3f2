/**
 * Milliseconds of this process's processor time that some work takes, which other work on the machine does not change
 * much; the best of three, as it only ever adds to it. To be compared with another one's, as machines differ.
 */
export async function processorTime(work: () => unknown): Promise<number> {
  const times: number[] = [];
  while (times.length < 3) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  return Math.min(...times);
}
