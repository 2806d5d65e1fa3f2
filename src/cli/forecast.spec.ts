import type { TableSize } from '../database/table-sizes.js';
import { growthCheck, growthOf } from './forecast.js';

const NOW = new Date('2027-01-01T00:00:00Z');
const MB = 1_000_000;
const GB = 1_000 * MB;

const table = (name: string, bytes: number, rows: number, newRows?: number, first = '2020-01-01'): TableSize => ({
  name,
  bytes,
  rows,
  dated: newRows === undefined ? null : { newRows, first: rows ? new Date(first) : null },
});

const TABLES = [
  table('export_snapshot', MB, 100, 30),
  table('export_page', 99 * MB, 50),
  table('invoice_posting', 40 * MB, 1_000, 300),
  table('charge', 20 * MB, 500, 0),
  table('pending_posting', MB, 0),
  table('job_run', 10 * MB, 200, 150),
  table('customer_mapping', MB, 5, 0),
  table('consumption_record', 3 * MB, 0, 0),
];

describe('the growth of the tables', () => {
  test('is what came of each group in three months; rows without a time come with the others', () => {
    const groups = growthOf(TABLES, NOW);
    expect(groups.map(({ name, bytes, rows }) => [name, bytes / MB, rows])).toEqual([
      ['exports', 100, 150],
      ['ledger', 61, 1_500],
      ['jobs', 10, 200],
      ['everything else', 1, 5],
    ]);
    // Of 30 exports in 100 come 30 pages in 100; of 300 postings in 1000 twelve megabytes; 150 jobs of 200.
    expect(groups.map(({ bytesPerMonth }) => Number((bytesPerMonth! / MB).toFixed(2)))).toEqual([10, 4.07, 2.5, 0]);
  });

  test('of a younger database is that of its time, and of one that is some days old is not known', () => {
    const young = (first: string) => [table('job_run', 10 * MB, 200, 200, first)];
    const [inTwoMonths] = growthOf(young('2026-11-01T03:00:00Z'), NOW);
    expect(inTwoMonths!.bytesPerMonth! / MB).toBeCloseTo(5, 1);
    expect(growthOf(young('2026-12-30'), NOW)).toMatchObject([{ bytesPerMonth: null }]);
    expect(growthOf([], NOW)).toEqual([]);
    expect(growthCheck(growthOf(young('2026-12-30'), NOW), NOW, GB)).toMatchObject({
      good: true,
      warns: false,
      says: 'The tables have 10.0 MB: jobs 10.0 MB. It is too young to tell how it grows.',
    });
  });

  test.each([
    ['in time', GB, false, 'At that pace its disk is full in 60 months (2032-01).'],
    ['soon', 90 * MB, true, 'At that pace its disk is full in 5 months (2027-06).'],
    ['some day', 100 * GB, false, 'At that pace its disk has room for more than ten years.'],
    ['nobody knows when, on a server', undefined, false, ''],
  ])('fills the disk %s', (_title, free, warns, sentence) => {
    const check = growthCheck(growthOf(TABLES, NOW), NOW, free);
    expect(check).toMatchObject({ name: 'growth', good: true, warns });
    expect(check.says).toBe(
      [
        'The tables have 172.0 MB (+16.6 MB a month): exports 100.0 MB (+10.0 MB a month), ledger 61.0 MB (+4.1 MB a month),',
        'jobs 10.0 MB (+2.5 MB a month), everything else 1.0 MB (+0.0 MB a month).',
        sentence,
      ]
        .join(' ')
        .trim(),
    );
  });
});
