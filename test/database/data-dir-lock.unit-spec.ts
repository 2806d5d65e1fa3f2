import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirInUseError, lockDataDir } from '../../src/database/data-dir.lock.js';

describe('The lock of DATA_DIR', () => {
  let folder: string;
  let lock: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-lock-'));
    lock = join(folder, 'lock');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A number that no process has any more. */
  const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;

  it('is held by one, readable by nobody else, and gone afterwards', () => {
    const unlock = lockDataDir(folder);
    expect(readFileSync(lock, 'utf8')).toMatch(new RegExp(`^${process.pid} `));
    expect(statSync(lock).mode & 0o777).toBe(0o600);
    expect(() => lockDataDir(folder)).toThrow(DataDirInUseError);
    unlock();
    unlock();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('names the folder, the holder and the way out', () => {
    writeFileSync(lock, `${process.ppid}\n`);
    expect(() => lockDataDir(folder)).toThrow(
      `The embedded database in ${folder} is in use by process ${process.ppid}. Stop that process, or give this one its ` +
        'own DATA_DIR; for several processes on one database set DATABASE_URL.',
    );
    expect(readdirSync(folder)).toEqual(['lock']);
  });

  it.each([
    ['a process that is gone', () => `${deadPid()}\n`],
    ['an earlier life of this process', () => `${process.pid}\n`],
    ['a process whose number another one has now', () => `${process.ppid} ${hostname()} 1\n`],
    ['nobody that can be read', () => 'nonsense'],
    ['nobody at all', () => ''],
  ])('left behind by %s is taken over', (_, content) => {
    writeFileSync(lock, content());
    const unlock = lockDataDir(folder);
    expect(readFileSync(lock, 'utf8')).toMatch(new RegExp(`^${process.pid} `));
    unlock();
    expect(existsSync(lock)).toBe(false);
  });

  it('of another machine counts while it is touched, even if it has our own number there', () => {
    writeFileSync(lock, `${process.pid} container-2\n`);
    expect(() => lockDataDir(folder)).toThrow(`is in use by process ${process.pid} on container-2.`);
    const longAgo = new Date(Date.now() - 120_000);
    utimesSync(lock, longAgo, longAgo);
    lockDataDir(folder)();
  });
});
