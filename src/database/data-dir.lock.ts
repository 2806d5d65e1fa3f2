import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Another process has the embedded database open: two of them would corrupt it. */
export class DataDirInUseError extends Error {
  constructor(dataDir: string, pid: number) {
    super(
      `The embedded database in ${dataDir} is in use by process ${pid}. Stop that process, or give this one its own DATA_DIR; ` +
        'for several processes on one database set DATABASE_URL.',
    );
    this.name = 'DataDirInUseError';
  }
}

/**
 * Keeps `dataDir` for this process until the returned function is called. A lock left behind by a process that is gone
 * is taken over. Throws {@link DataDirInUseError}.
 */
export function lockDataDir(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'lock');
  for (let attempt = 0; ; attempt++) {
    try {
      const file = openSync(path, 'wx', 0o600);
      writeSync(file, `${process.pid}\n`);
      closeSync(file);
      locked.add(path);
      return () => {
        if (!locked.delete(path)) return;
        rmSync(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 3) throw error;
      const holder = Number(readFileSync(path, 'utf8'));
      if (isAlive(holder, path)) throw new DataDirInUseError(dataDir, holder);
      rmSync(path, { force: true });
    }
  }
}

/** What this process holds: its own number in a lock it does not hold was left there by an earlier life of it. */
const locked = new Set<string>();

function isAlive(pid: number, path: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  if (pid === process.pid) return locked.has(path);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
