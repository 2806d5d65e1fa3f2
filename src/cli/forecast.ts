import type { TableSize } from '../database/table-sizes.js';
import type { Check } from './check.js';

/** Tables that grow together, for the same reason. The first whose pattern fits. */
const GROUPS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['exports', /^export_/],
  ['statements', /^billing_sync|^billing_month$|^license_owner$/],
  ['consumption', /^consumption_/],
  ['ledger', /^charge$|posting$|^invoice/],
  ['jobs', /^job_/],
  ['audit', /audit/],
  ['everything else', /./],
];

const DAY_MS = 86_400_000;
const MONTH_MS = (365.25 / 12) * DAY_MS;
/** Growth is what came in so many months. */
export const LOOKED_BACK_MS = 3 * MONTH_MS;
/** A database that is younger does not tell how it grows. */
const LEAST_MS = 7 * DAY_MS;
const WARN_MONTHS = 6;

/** Tables of one kind. */
export interface GroupGrowth {
  readonly name: string;
  readonly bytes: number;
  readonly rows: number;
  /** Null: the database is too young to tell. */
  readonly bytesPerMonth: number | null;
}

/** What is there by groups, largest first, and how much of it comes in a month. */
export function growthOf(tables: readonly TableSize[], now: Date): GroupGrowth[] {
  const firsts = tables.flatMap(({ dated }) => (dated?.first ? [dated.first.getTime()] : []));
  const age = now.getTime() - Math.min(now.getTime(), ...firsts);
  const months = Math.min(age, LOOKED_BACK_MS) / MONTH_MS;
  return GROUPS.map(([name], at) => {
    const members = tables.filter((table) => GROUPS.findIndex(([, pattern]) => pattern.test(table.name)) === at);
    const sum = (of: (table: TableSize) => number) => members.reduce((total, table) => total + of(table), 0);
    const dated = members.filter((table) => table.dated);
    const rows = dated.reduce((total, table) => total + table.rows, 0);
    const newRows = dated.reduce((total, table) => total + table.dated!.newRows, 0);
    // Rows without a time come with those that have one.
    const ofGroup = rows ? newRows / rows : 0;
    const newBytes = sum(
      ({ bytes, rows: all, dated: of }) => bytes * (of && all ? of.newRows / all : of ? 0 : ofGroup),
    );
    return {
      name,
      bytes: sum(({ bytes }) => bytes),
      rows: sum(({ rows: all }) => all),
      bytesPerMonth: age < LEAST_MS ? null : newBytes / months,
    };
  })
    .filter(({ rows }) => rows)
    .sort((a, b) => b.bytes - a.bytes);
}

/** `free`: bytes on the disk of an embedded database; undefined for a server, whose disk is not seen from here. */
export function growthCheck(groups: readonly GroupGrowth[], now: Date, free?: number): Check {
  const bytes = groups.reduce((total, group) => total + group.bytes, 0);
  const parts = groups.map(({ name, ...group }) => `${name} ${sizeOf(group)}`).join(', ');
  const isYoung = groups.some(({ bytesPerMonth }) => bytesPerMonth === null);
  const bytesPerMonth = isYoung ? null : groups.reduce((total, group) => total + group.bytesPerMonth!, 0);
  const months = free === undefined || !bytesPerMonth ? Infinity : free / bytesPerMonth;
  const end = new Date(now.getTime() + Math.min(months, 1_200) * MONTH_MS).toISOString().slice(0, 7);
  const pace = isYoung
    ? 'It is too young to tell how it grows.'
    : free === undefined
      ? ''
      : months > 120
        ? 'At that pace its disk has room for more than ten years.'
        : `At that pace its disk is full in ${Math.floor(months)} months (${end}).`;
  return {
    name: 'growth',
    good: true,
    warns: months < WARN_MONTHS,
    says: [`The tables have ${sizeOf({ bytes, bytesPerMonth })}: ${parts}.`, pace].filter(Boolean).join(' '),
    advice: 'Make room, or keep less: JOBS_KEEP_DAYS and EXPORTS_KEEP_MONTHS say what goes after a time.',
  };
}

function sizeOf({ bytes, bytesPerMonth }: Pick<GroupGrowth, 'bytes' | 'bytesPerMonth'>): string {
  return `${megabytes(bytes)}${bytesPerMonth === null ? '' : ` (+${megabytes(bytesPerMonth)} a month)`}`;
}

const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`;
