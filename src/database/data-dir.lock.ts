import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../common/make-folder.js';

/** Another process has the embedded database open: two of them would corrupt it. */
export class DataDirInUseError extends Error {
  constructor(dataDir: string, holder: string) {
    super(
      `The embedded database in ${dataDir} is in use by ${holder}. Stop that process, or give this one its own DATA_DIR; ` +
        'for several processes on one database set DATABASE_URL.',
    );
    this.name = 'DataDirInUseError';
  }
}

/** A holder touches its lock this often, so that others can tell whether it lives where they cannot see it. */
const HEARTBEAT_MS = 5_000;
const SILENT_FOR_MS = 60_000;

/** What this process holds: its own number in a lock it does not hold was left there by an earlier life of it. */
const held = new Set<string>();

/**
 * Keeps `dataDir` for this process until the returned function is called. A lock left behind by a process that is gone
 * is taken over; one of another machine (or container) counts as left behind when it has been silent for a minute.
 * Throws {@link DataDirInUseError}.
 */
export function lockDataDir(dataDir: string, { pid, host } = { pid: process.pid, host: hostname() }): () => void {
  makeFolder(dataDir);
  const path = join(dataDir, 'lock');
  const own = `${path}.${host}.${pid}`;
  // Linked into place complete: nobody ever reads half a lock.
  writeFileSync(own, `${pid} ${host} ${birthOf(pid)}\n`, { mode: 0o600 });
  try {
    for (let attempt = 0; !isLinked(own, path); attempt++) {
      const holder = livingHolder(path, { pid, host });
      if (holder || attempt > 100) throw new DataDirInUseError(dataDir, holder ?? 'another process');
      removeLeftBehind(path, `${own}.old`, { pid, host });
    }
  } finally {
    rmSync(own, { force: true });
  }
  held.add(path);
  const heartbeat = setInterval(() => touch(path), HEARTBEAT_MS).unref();
  return () => {
    if (!held.delete(path)) return;
    clearInterval(heartbeat);
    rmSync(path, { force: true });
  };
}

function isLinked(file: string, path: string): boolean {
  try {
    linkSync(file, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Moves a lock aside before it is removed: if another process was faster and it is a living one, it goes back. */
function removeLeftBehind(path: string, aside: string, self: { pid: number; host: string }): void {
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (livingHolder(aside, self, path)) isLinked(aside, path);
  rmSync(aside, { force: true });
}

/** Who holds the lock in this file, in words; `undefined` when nobody who lives does. */
function livingHolder(file: string, self: { pid: number; host: string }, path = file): string | undefined {
  let text: string;
  let touched: number;
  try {
    text = readFileSync(file, 'utf8');
    touched = statSync(file).mtimeMs;
  } catch {
    return undefined;
  }
  const [number = '', host = '', birth = ''] = text.trim().split(' ');
  const pid = Number(number);
  if (host && host !== self.host) {
    return Date.now() - touched < SILENT_FOR_MS ? `process ${pid} on ${host}` : undefined;
  }
  const lives = pid === self.pid ? held.has(path) : isAlive(pid) && (!birth || birth === birthOf(pid));
  return lives ? `process ${pid}` : undefined;
}

/** Tells a process from a later one of the same number, where the system says so (Linux); otherwise nothing. */
function birthOf(pid: number): string {
  try {
    // The name, in brackets, may have spaces; the 20th word after it is the start, in ticks since the machine's.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // The folder is gone (a test removed it): nothing is left to keep from others.
  }
}
