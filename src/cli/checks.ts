import { readFileSync, statfsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DataSource } from 'typeorm';
import type { Env } from '../config/env.js';
import { fitOfSchema } from '../database/migrate.js';
import type { SecretKeyStatus } from '../settings/key-rotation.service.js';
import type { HalfDone } from '../licenses/waldur-writes.repository.js';
import { tableSizes } from '../database/table-sizes.js';
import type { PushOverview } from '../waldur-charges/pushed-items.service.js';
import type { Check } from './check.js';
import { growthCheck, growthOf, LOOKED_BACK_MS } from './forecast.js';
import { isFull, isReadOnly } from '../database/room.js';

/** Signed requests and days of a month bear less than this. */
const LARGEST_SKEW_MS = 60_000;

/** Nothing to ask ArrowSphere about. */
export const NO_ACCOUNTS: Check = {
  name: 'accounts',
  good: true,
  says: 'There is no ArrowSphere account yet.',
};

/** Whether this is a Node that the package names in its `engines`. */
export function nodeCheck(version = process.versions.node): Check {
  const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    engines: { node: string };
  };
  const good = engines.node.split('||').some((range) => isIn(version, range.trim()));
  return {
    name: 'node',
    good,
    says: `Node ${version} at ${process.execPath}.`,
    ...(good ? {} : { advice: `Install a Node that is ${engines.node}.` }),
  };
}

/** `^1.2.3` and `>=1.2.3` are all that is written there. */
function isIn(version: string, range: string): boolean {
  const [have, least] = [version, range.replace(/^\D+/, '')].map((text) => text.split('.').map(Number));
  const differing = least!.findIndex((part, at) => part !== have![at]);
  const isNewer = differing < 0 || have![differing]! > least![differing]!;
  return isNewer && (!range.startsWith('^') || have![0] === least![0]);
}

/** Whether the database takes changes and has this program's schema, how large it is, and how much room an embedded one has. */
export async function databaseChecks(
  dataSource: DataSource,
  env: Pick<Env, 'DATABASE_URL' | 'DATA_DIR'>,
  now: Date,
): Promise<Check[]> {
  const takesChanges = !isFull(dataSource) && !(await isReadOnly(dataSource));
  const checks: Check[] = [
    {
      name: 'database',
      good: takesChanges,
      says: takesChanges ? 'It answers and takes changes.' : 'It answers, and takes no changes.',
      advice: 'Make room on its disk; DATABASE_URL has to name the primary server, not a standby.',
    },
  ];
  const fits = await fitOfSchema(dataSource.manager);
  if (fits === undefined) {
    const advice = 'Start the service, which makes them; where it was started just now, wait until it is ready.';
    checks.push({ name: 'schema', good: false, says: 'There are no tables yet.', advice });
  } else
    checks.push({
      name: 'schema',
      good: fits,
      says: fits ? "It is this program's." : "It is not this program's.",
      advice:
        'Start the service of this version, which brings the schema up to date. Where it refuses, this version is too old.',
    });
  if (!env.DATABASE_URL) checks.push(roomCheck(env.DATA_DIR));
  if (!fits) return checks;
  const sizes = await tableSizes(dataSource.manager, new Date(now.getTime() - LOOKED_BACK_MS));
  return [...checks, growthCheck(growthOf(sizes, now), now, env.DATABASE_URL ? undefined : freeBytes(env.DATA_DIR))];
}

function freeBytes(dataDir: string): number {
  const { bavail, bsize } = statfsSync(resolve(dataDir));
  return bavail * bsize;
}

function roomCheck(dataDir: string): Check {
  const megabytes = Math.floor(freeBytes(dataDir) / 1_000_000);
  return {
    name: 'room',
    good: megabytes >= 1_000,
    says: `${megabytes} MB are free in ${resolve(dataDir)}.`,
    advice: 'Make room: below 64 MB the database takes no changes, and a large month needs some hundred.',
  };
}

/** Nothing where ArrowSphere did not say what time it is. */
export function clockCheck(account: string, skewMs: number | undefined): Check[] {
  if (skewMs === undefined) return [];
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const where = seconds < 2 ? "ArrowSphere's" : `${seconds} s ${skewMs > 0 ? 'behind' : 'ahead of'} ArrowSphere's`;
  return [
    {
      name: `clock, by ${account}`,
      good: Math.abs(skewMs) < LARGEST_SKEW_MS,
      says: seconds < 2 ? "This machine's clock agrees with ArrowSphere's." : `This machine's clock is ${where}.`,
      advice: 'Let the machine keep its time by NTP: months and leases go by it.',
    },
  ];
}

/** Nothing while there is no `SECRET_KEY_PREVIOUS`. */
export function secretKeyCheck(status: SecretKeyStatus): Check[] {
  const { previous, unreadable, isPreviousNeeded, underPrevious } = status;
  const check = (good: boolean, says: string, advice?: string, warns = false) => [
    { name: 'secret key', good, warns, says, advice },
  ];
  if (!previous) return [];
  if (unreadable.length)
    return check(
      false,
      `Neither SECRET_KEY nor SECRET_KEY_PREVIOUS opens the key of ${unreadable.map(({ partner }) => partner).join(', ')}.`,
      'Save these API keys again, or set SECRET_KEY_PREVIOUS to the key that they were saved with.',
    );
  return isPreviousNeeded
    ? check(
        true,
        `API keys under SECRET_KEY_PREVIOUS: ${underPrevious}. waldur-arrow key rotate brings them under SECRET_KEY.`,
      )
    : check(
        true,
        'SECRET_KEY_PREVIOUS is given, and nothing stands under it any more.',
        'Take it out of the settings of every instance, and keep it with the backups of that time.',
        true,
      );
}

/** Nothing where no Waldur carries out changes of licences, and none is left from when one did. */
export function licensesCheck(isBeside: boolean, unfinished: readonly HalfDone[]): Check[] {
  if (!isBeside && !unfinished.length) return [];
  const open = unfinished.map(({ state, entries, since, oldest, problem }) => {
    const why = problem && `: ${problem.replace(/\.$/, '')}`;
    return `${entries} ${state}, the oldest (${oldest}) since ${since.toISOString()}${why}`;
  });
  return [
    {
      name: 'licences at Waldur',
      good: true,
      warns: open.length > 0,
      says: open.length ? `Half-way: ${open.join('; ')}.` : 'Every change of a licence has ended.',
      advice: `${isBeside ? 'They are gone on with every minute' : 'Nothing goes on with them while WALDUR_URL is not set'}; GET /api/admin/arrow/license-links/?state=intended&state=done says of each why and what to do.`,
    },
  ];
}

/** Nothing where charges are not pushed and never were. */
export function chargesCheck({ isOn, shortfalls }: PushOverview): Check[] {
  if (!isOn && !shortfalls.length) return [];
  const open = shortfalls.map(({ reason, currency, items, amount }) => `${reason}: ${items} (${amount} ${currency})`);
  return [
    {
      name: 'charges at Waldur',
      good: true,
      warns: open.length > 0,
      says: open.length ? `Not as they ought to be: ${open.join(', ')}.` : 'All that was to be sent is there.',
      advice: 'GET /api/admin/arrow/pushed-items/ says why of each; docs/beside-waldur.md says what to do.',
    },
  ];
}
