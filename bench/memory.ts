import { setInterval } from 'node:timers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * By how many MB the memory that this process uses grew at most while it worked. What nobody uses any more is collected
 * before each look: how much of it lies about until then says how much memory the machine has.
 */
export async function memoryGrown(work: () => Promise<unknown>, everyMs: number): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = used();
  let most = before;
  const looking = setInterval(() => (most = Math.max(most, used())), everyMs);
  try {
    await work();
  } finally {
    clearInterval(looking);
  }
  return (most - before) / 1_048_576;
}
