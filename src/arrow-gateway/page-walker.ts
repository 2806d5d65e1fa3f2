import type { PageClaim } from './answers.js';
import { ArrowIncompleteAnswerError, ArrowNotFoundError, ArrowRefusedError } from './arrow-gateway.errors.js';

export interface ListPage<T> {
  readonly rows: readonly T[];
  readonly claim: PageClaim;
}

export interface Walk<T> {
  /** Plural, for sentences: `customers`. */
  readonly what: string;
  /** Page size asked for; ArrowSphere may give another. */
  readonly pageSize: number;
  /** Pages fetched at once, once their number is known. */
  readonly concurrency: number;
  /** Pages beyond which the list is refused: an error, never a cut. */
  readonly maxPages: number;
  /** What makes a row the row it is: none may come twice. */
  keyOf(row: T): string;
  /** Page `page`, from 1. Must give up when the signal aborts. */
  fetch(page: number, signal: AbortSignal): Promise<ListPage<T>>;
}

const WALKS = 3;

/** The list moved under us or came in a way that does not add up: worth one more walk from the start. */
class ListMoved extends Error {}

/**
 * All rows of a paged list in ArrowSphere's order, proven complete, whichever paging dialect it speaks:
 * - where it says how many rows there are, exactly so many different ones came;
 * - where it only says how many pages there are, all came and all but the last were full;
 * - where it says neither, the first empty page ends the list;
 * - and where the last page is full, so that a wrong total could hide another one, that other one is asked for too.
 *
 * Every page has to be the page asked for (where it says which it is), totals must not change on the way, and no row
 * may come twice. A list that changes meanwhile is walked again, three times at most.
 *
 * Throws `ArrowIncompleteAnswerError`, and whatever `fetch` throws; stops the other fetches then.
 */
export async function walkPages<T>(walk: Walk<T>, signal?: AbortSignal): Promise<T[]> {
  for (let round = 1; ; round += 1) {
    const stop = new AbortController();
    const within = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    try {
      return await walkOnce(walk, within);
    } catch (error) {
      stop.abort(error);
      if (!(error instanceof ListMoved)) throw error;
      if (round >= WALKS) throw new ArrowIncompleteAnswerError(walk.what, error.message);
    }
  }
}

async function walkOnce<T>(walk: Walk<T>, signal: AbortSignal): Promise<T[]> {
  const first = await walk.fetch(1, signal);
  refuseOtherPage(walk.what, 1, first.claim);
  const pages = pageCount(first);
  if (pages !== undefined && pages > walk.maxPages) {
    throw new ArrowIncompleteAnswerError(
      walk.what,
      `it has ${pages} pages, more than the ${walk.maxPages} that are read`,
    );
  }
  return pages === undefined ? walkUntilEmpty(walk, first, signal) : walkCounted(walk, first, pages, signal);
}

async function walkCounted<T>(walk: Walk<T>, first: ListPage<T>, pages: number, signal: AbortSignal): Promise<T[]> {
  const collected: ListPage<T>[] = [first];
  let beyond: ListPage<T> | undefined;
  // Known to be needed before the last page comes, it is fetched along with the others.
  const lastFetch = lastPageIsFull(first, pages) ? pages + 1 : pages;
  let next = 2;
  const worker = async (): Promise<void> => {
    while (next <= lastFetch) {
      const page = next;
      next += 1;
      if (page > pages) beyond = await fetchBeyond(walk, page, signal);
      else {
        const fetched = await walk.fetch(page, signal);
        refuseOtherPage(walk.what, page, fetched.claim);
        if (!sameTotals(first.claim, fetched.claim)) throw new ListMoved('its total changed while it was read');
        collected[page - 1] = fetched;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(0, Math.min(walk.concurrency, lastFetch - 1)) }, worker));
  const rows = new UniqueRows(walk);
  for (const page of collected) rows.add(page.rows);
  const missing = whatIsMissing(
    collected.map((page) => page.rows.length),
    first.claim,
    walk.pageSize,
  );
  if (missing) throw new ListMoved(missing);
  if (beyond && !rows.hasAll(beyond.rows)) throw new ListMoved('it goes on after its last page');
  return rows.all;
}

async function walkUntilEmpty<T>(walk: Walk<T>, first: ListPage<T>, signal: AbortSignal): Promise<T[]> {
  const rows = new UniqueRows(walk);
  // Where not even the size is said, a first page that is not as full as asked may have lost a row.
  const size = first.claim.pageSize ?? walk.pageSize;
  let page = first;
  let lastWasShort = false;
  for (let number = 1; page.rows.length > 0; number += 1) {
    if (lastWasShort) throw new ListMoved(`page ${number - 1} was not full, and more came after it`);
    if (number > walk.maxPages) {
      throw new ArrowIncompleteAnswerError(
        walk.what,
        `it does not end within the ${walk.maxPages} pages that are read`,
      );
    }
    if (page.rows.length > size) throw new ListMoved(`page ${number} has more rows than a page has`);
    rows.add(page.rows);
    lastWasShort = page.rows.length < size;
    page = await walk.fetch(number + 1, signal);
    refuseOtherPage(walk.what, number + 1, page.claim);
    if (pageCount(page) !== undefined && page.rows.length > 0)
      throw new ListMoved('it began to count while it was read');
  }
  return rows.all;
}

/** How many pages there are, or `undefined` where ArrowSphere does not say. */
export function pageCount({ rows, claim }: { rows: readonly unknown[]; claim: PageClaim }): number | undefined {
  if (claim.totalPages !== undefined) return claim.totalPages;
  if (claim.totalRows === undefined) return undefined;
  return Math.ceil(claim.totalRows / Math.max(1, claim.pageSize ?? rows.length));
}

/** Throws `ArrowIncompleteAnswerError` when the answer says it is another page than the one asked for. */
export function refuseOtherPage(what: string, asked: number, claim: PageClaim): void {
  if (claim.page === undefined || claim.page === asked) return;
  throw new ArrowIncompleteAnswerError(what, `page ${asked} was asked for and page ${claim.page} came`);
}

export function sameTotals(a: PageClaim, b: PageClaim): boolean {
  return a.totalRows === b.totalRows && a.totalPages === b.totalPages;
}

/** Why pages of these lengths cannot be exactly what was announced; `undefined` when they are. */
export function whatIsMissing(lengths: readonly number[], claim: PageClaim, askedSize: number): string | undefined {
  const tooLong = lengths.findIndex((length) => length > (claim.pageSize ?? askedSize));
  if (tooLong >= 0) return `page ${tooLong + 1} has more rows than a page has`;
  const came = lengths.reduce((a, b) => a + b, 0);
  if (claim.totalRows !== undefined && came !== claim.totalRows) {
    return `${claim.totalRows} were announced and ${came} came`;
  }
  if (claim.totalPages === 0 && came > 0) return `no page was announced and ${came} came`;
  const size = claim.pageSize ?? lengths[0] ?? 0;
  const last = lengths.length - 1;
  const odd = lengths.findIndex((length, index) => (index < last ? length !== size : length === 0 && last > 0));
  return odd < 0 ? undefined : `page ${odd + 1} of ${lengths.length} has ${lengths[odd]} rows`;
}

/** True where the last page is, or must be taken to be, full. */
function lastPageIsFull<T>({ rows, claim }: ListPage<T>, pages: number): boolean {
  if (pages === 0) return false;
  const size = claim.pageSize ?? rows.length;
  if (pages === 1) return rows.length >= size;
  return claim.totalRows === undefined || claim.totalRows >= pages * size;
}

/** The page after the last, or `undefined` where ArrowSphere says there is none. */
async function fetchBeyond<T>(walk: Walk<T>, page: number, signal: AbortSignal): Promise<ListPage<T> | undefined> {
  const fetched = await walk.fetch(page, signal).catch(noneThere);
  return fetched?.claim.page === undefined || fetched.claim.page === page ? fetched : undefined;
}

/** `undefined` for the errors by which ArrowSphere says that there is no such page; throws all others again. */
export function noneThere(error: unknown): undefined {
  if (error instanceof ArrowNotFoundError || error instanceof ArrowRefusedError) return undefined;
  throw error;
}

class UniqueRows<T> {
  readonly all: T[] = [];
  private readonly keys = new Set<string>();

  constructor(private readonly walk: Walk<T>) {}

  add(rows: readonly T[]): void {
    for (const row of rows) {
      const key = this.walk.keyOf(row);
      if (this.keys.has(key)) throw new ListMoved('a row came twice, so that another may be missing');
      this.keys.add(key);
      this.all.push(row);
    }
  }

  /** True where a server that knows no page after the last gives the last one again. */
  hasAll(rows: readonly T[]): boolean {
    return rows.every((row) => this.keys.has(this.walk.keyOf(row)));
  }
}
