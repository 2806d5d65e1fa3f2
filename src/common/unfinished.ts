import { rmSync } from 'node:fs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does the work that makes what is at `path`. A signal that ends the process meanwhile, as Ctrl-C does, takes with it what
 * is half made; the process ends by the same signal then.
 */
export async function removedWhenKilled<T>(path: string, work: () => Promise<T>): Promise<T> {
  const giveUp = (signal: NodeJS.Signals) => {
    rmSync(path, { recursive: true, force: true, maxRetries: 5 });
    leave();
    process.kill(process.pid, signal);
  };
  const leave = () => {
    for (const signal of SIGNALS) process.off(signal, giveUp);
  };
  for (const signal of SIGNALS) process.on(signal, giveUp);
  return work().finally(leave);
}
