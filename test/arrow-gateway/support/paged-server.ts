import fc from 'fast-check';
import { readPageClaim } from '../../../src/arrow-gateway/answers.js';
import { ArrowNotFoundError } from '../../../src/arrow-gateway/arrow-gateway.errors.js';
import type { ListPage } from '../../../src/arrow-gateway/page-walker.js';

interface Counts {
  page: number;
  size: number;
  pages: number;
  rows: number;
}

/** How an answer words its place in the list. */
const DIALECTS = {
  customers: ({ page, size, pages, rows }: Counts) => ({
    per_page: size,
    current_page: page,
    total_page: pages,
    total: rows,
  }),
  search: ({ page, size, pages, rows }: Counts) => ({
    perPage: size,
    currentPage: page,
    totalPage: pages,
    total: rows,
  }),
  billing: ({ page, size, pages, rows }: Counts) => ({
    perPage: size,
    currentPage: page,
    totalPages: pages,
    total: rows,
  }),
  asText: ({ page, size, pages, rows }: Counts) => ({
    perPage: `${size}`,
    currentPage: `${page}`,
    totalPages: `${pages}`,
    total: `${rows}`,
  }),
  rowsOnly: ({ rows }: Counts) => ({ total: rows }),
  pagesOnly: ({ size, pages }: Counts) => ({ perPage: size, totalPages: pages }),
  sizeOnly: ({ size }: Counts) => ({ perPage: size }),
  none: () => null,
} as const;

type Dialect = keyof typeof DIALECTS;
const COUNTS_ROWS: readonly Dialect[] = ['customers', 'search', 'billing', 'asText', 'rowsOnly'];

type Fault =
  | { kind: 'none' }
  | { kind: 'ignores-page'; admitsIt: boolean }
  | { kind: 'drops-row'; at: number }
  | { kind: 'doubles-row'; at: number }
  | { kind: 'swaps-row-for-another'; at: number }
  | { kind: 'empties-page'; page: number }
  | { kind: 'repeats-page'; page: number }
  | { kind: 'wrong-total'; by: number; pagesToo: boolean }
  | { kind: 'wrong-pages'; by: number }
  | { kind: 'grows'; afterCall: number }
  | { kind: 'echoes-other-page'; page: number; by: number };

export interface PagedServerOptions {
  readonly size: number;
  readonly dialect: Dialect;
  readonly fault: Fault;
  readonly beyond: 'empty' | 'last-again' | 'first-again' | 'not-found';
}

/** A list on a server that speaks a dialect and errs in one way. */
export class PagedServer {
  calls = 0;
  running = 0;
  mostRunning = 0;

  constructor(
    readonly dataset: string[],
    private readonly server: PagedServerOptions,
  ) {}

  async fetch(asked: number): Promise<ListPage<string>> {
    const call = (this.calls += 1);
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    await Promise.resolve();
    this.running -= 1;
    const { size, fault, beyond } = this.server;
    if (fault.kind === 'grows' && call === fault.afterCall) this.dataset.unshift(`new ${call}`);
    const realPages = Math.ceil(this.dataset.length / size);
    if (asked > Math.max(1, realPages) && fault.kind !== 'ignores-page') {
      if (beyond === 'not-found') throw new ArrowNotFoundError('page');
      if (beyond !== 'empty') return this.answer(beyond === 'last-again' ? realPages : 1, asked);
    }
    return this.answer(asked, asked);
  }

  private answer(page: number, asked: number): ListPage<string> {
    const { size, dialect, fault } = this.server;
    const cut = (number: number): string[] => this.dataset.slice((number - 1) * size, number * size);
    let rows = cut(page);
    const counts: Counts = { page, size, pages: Math.ceil(this.dataset.length / size), rows: this.dataset.length };
    switch (fault.kind) {
      case 'ignores-page':
        rows = cut(1);
        counts.page = fault.admitsIt ? 1 : asked;
        break;
      case 'drops-row':
        rows = rows.filter((row) => row !== this.dataset[fault.at]);
        break;
      case 'doubles-row':
        rows = rows.flatMap((row) => (row === this.dataset[fault.at] ? [row, row] : [row]));
        break;
      case 'swaps-row-for-another':
        rows = rows.map((row) => (row === this.dataset[fault.at] ? (this.dataset[0] as string) : row));
        break;
      case 'empties-page':
        if (page === fault.page) rows = [];
        break;
      case 'repeats-page':
        if (page === fault.page + 1) rows = cut(fault.page);
        break;
      case 'wrong-total':
        counts.rows = Math.max(0, counts.rows + fault.by);
        if (fault.pagesToo) counts.pages = Math.ceil(counts.rows / size);
        break;
      case 'wrong-pages':
        counts.pages = Math.max(0, counts.pages + fault.by);
        break;
      case 'echoes-other-page':
        if (page === fault.page) counts.page += fault.by;
        break;
      case 'none':
      case 'grows':
        break;
    }
    return { rows, claim: readPageClaim({ pagination: DIALECTS[dialect](counts) }) };
  }
}

export const rowsNamed = (count: number): string[] => Array.from({ length: count }, (_, index) => `row ${index}`);

/** What no reader could notice, as the answer is that of a smaller list in every respect. */
function isInvisible(rows: number, { size, dialect, fault }: PagedServerOptions): boolean {
  if (COUNTS_ROWS.includes(dialect)) return false;
  const pages = Math.ceil(rows / size);
  const lastPage = (at: number): boolean => Math.floor(at / size) === pages - 1;
  const counted = dialect === 'pagesOnly';
  if (fault.kind === 'drops-row') return lastPage(fault.at) || (size === 1 && !counted);
  // Without any count, the first empty page is the end.
  if (fault.kind === 'empties-page') return !counted || pages === 1;
  return false;
}

const anyFault = (rows: number, size: number): fc.Arbitrary<Fault> => {
  const at = fc.nat({ max: Math.max(0, rows - 1) });
  const page = fc.integer({ min: 1, max: Math.max(1, Math.ceil(rows / size)) });
  const by = fc.integer({ min: -Math.max(3, rows), max: Math.max(3, rows) }).filter((n) => n !== 0);
  return fc.oneof(
    fc.record({ kind: fc.constant('none' as const) }),
    fc.record({ kind: fc.constant('ignores-page' as const), admitsIt: fc.boolean() }),
    fc.record({ kind: fc.constant('drops-row' as const), at }),
    fc.record({ kind: fc.constant('doubles-row' as const), at }),
    fc.record({ kind: fc.constant('swaps-row-for-another' as const), at }),
    fc.record({ kind: fc.constant('empties-page' as const), page }),
    fc.record({ kind: fc.constant('repeats-page' as const), page }),
    fc.record({ kind: fc.constant('wrong-total' as const), by, pagesToo: fc.boolean() }),
    fc.record({
      kind: fc.constant('wrong-pages' as const),
      by: fc.integer({ min: -4, max: 4 }).filter((n) => n !== 0),
    }),
    fc.record({ kind: fc.constant('grows' as const), afterCall: fc.integer({ min: 2, max: 12 }) }),
    fc.record({
      kind: fc.constant('echoes-other-page' as const),
      page,
      by: fc.integer({ min: -3, max: 3 }).filter((n) => n !== 0),
    }),
  );
};

/** A list of any length, on a server that speaks any dialect and errs in any one way that a reader could notice. */
export const anyCase = fc
  .record({ rows: fc.nat({ max: 60 }), size: fc.integer({ min: 1, max: 12 }) })
  .chain(({ rows, size }) =>
    fc.record({
      rows: fc.constant(rows),
      server: fc.record({
        size: fc.constant(size),
        dialect: fc.constantFrom(...(Object.keys(DIALECTS) as Dialect[])),
        fault: anyFault(rows, size),
        beyond: fc.constantFrom('empty' as const, 'last-again' as const, 'first-again' as const, 'not-found' as const),
      }),
      // The size asked for, which the server may know better.
      pageSize: fc.oneof(fc.constant(size), fc.integer({ min: size, max: 20 })),
      concurrency: fc.integer({ min: 1, max: 9 }),
    }),
  )
  .filter(({ rows, server }) => !isInvisible(rows, server));
