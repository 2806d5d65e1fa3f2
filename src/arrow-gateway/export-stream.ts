import { createHash } from 'node:crypto';
import type { PageClaim } from './answers.js';
import type { ArrowExportPage } from './arrow-gateway.js';
import { ArrowExportShiftedError, ArrowIncompleteAnswerError } from './arrow-gateway.errors.js';
import { pageCount, refuseOtherPage, sameTotals, whatIsMissing } from './page-walker.js';
import type { ExportAnswer } from './table-answers.js';

export interface ExportWalk {
  /** For sentences: `export lines`. */
  readonly what: string;
  readonly pageSize: number;
  readonly maxPages: number;
  /** As in `ArrowExportOptions`. */
  readonly allowRepeatedRows?: boolean;
  /** Page `page`, from 1. Must give up when the signal aborts. */
  fetch(page: number, signal: AbortSignal): Promise<ExportAnswer>;
  /** The page after the last, where its emptiness has to be seen; `undefined` where ArrowSphere says there is none. */
  fetchBeyond(page: number, signal: AbortSignal): Promise<ExportAnswer | undefined>;
}

const SAMPLED_LINES = 32;
/** So many rows may move from one page to the next and are still found; all of a page would be kept too long. */
const ROWS_AT_BORDER = 100;
const NOTHING: ExportAnswer = { headers: [], rows: [], claim: {} };

/**
 * The pages of an export in order, each handed on before the one after the next is asked for: two in memory at most.
 * Ends without an error only when all lines came. Throws `ArrowIncompleteAnswerError`, its
 * `ArrowExportShiftedError`, and whatever `fetch` throws.
 */
export async function* streamPages(walk: ExportWalk): AsyncGenerator<ArrowExportPage, void, undefined> {
  const stop = new AbortController();
  const ahead = (page: number): Promise<ExportAnswer> => {
    const fetched = walk.fetch(page, stop.signal);
    // Its failure is seen when its turn comes; until then it must not count as unhandled.
    fetched.catch(() => undefined);
    return fetched;
  };
  const check = new ExportCheck(walk);
  try {
    let answer = await ahead(1);
    const pages = check.begin(answer);
    for (let page = 1; ; page += 1) {
      check.page(page, answer);
      const isLast = pages === undefined ? answer.rows.length === 0 : page >= pages;
      const following = isLast ? undefined : ahead(page + 1);
      // The empty page that ends an uncounted export is nothing to hand on, unless there was no other.
      if (pages !== undefined || answer.rows.length > 0 || page === 1) yield check.asPage(page, answer);
      // Dropped before the next one is read, so that it is not carried along as something that lives long.
      answer = NOTHING;
      if (!following) break;
      answer = await following;
    }
    await check.end(stop.signal);
  } finally {
    stop.abort(new Error('the export is not read any further'));
  }
}

/** What the later pages are held against. */
interface FirstPage {
  readonly headers: readonly string[];
  readonly claim: PageClaim;
  readonly length: number;
}

/** What has to hold over all pages of an export. Keeps figures and hashes, no lines. */
class ExportCheck {
  private first: FirstPage = { headers: [], claim: {}, length: 0 };
  private pages: number | undefined;
  private readonly lengths: number[] = [];
  private linesSoFar = 0;
  private border: ExportAnswer['rows'] = [];
  private readonly hashes = new Set<string>();

  constructor(private readonly walk: ExportWalk) {}

  /** The number of pages, or `undefined` where ArrowSphere does not say. */
  begin(first: ExportAnswer): number | undefined {
    this.first = { headers: first.headers, claim: first.claim, length: first.rows.length };
    this.pages = pageCount(first);
    if (this.pages !== undefined && this.pages > this.walk.maxPages) {
      throw this.incomplete(`it has ${this.pages} pages, more than the ${this.walk.maxPages} that are read`);
    }
    // An export without lines may claim no page at all.
    return this.pages === undefined ? undefined : Math.max(1, this.pages);
  }

  page(number: number, answer: ExportAnswer): void {
    const { first } = this;
    refuseOtherPage(this.walk.what, number, answer.claim);
    if (number > this.walk.maxPages) {
      throw this.incomplete(`it does not end within the ${this.walk.maxPages} pages that are read`);
    }
    const endsUncounted = this.pages === undefined && answer.rows.length === 0;
    if (endsUncounted) return;
    if (!sameTotals(first.claim, answer.claim)) throw this.incomplete('its total changed while it was read');
    if (!sameCells(first.headers, answer.headers))
      throw this.incomplete(`page ${number} has other columns than page 1`);
    const size = first.claim.pageSize ?? this.walk.pageSize;
    if (this.pages === undefined && answer.rows.length > size)
      throw this.incomplete(`page ${number} has more rows than a page has`);
    if (this.pages === undefined && (this.lengths.at(-1) ?? size) < size) {
      throw this.incomplete(`page ${number - 1} was not full, and more came after it`);
    }
    this.lengths.push(answer.rows.length);
    this.linesSoFar += answer.rows.length;
    if (this.repeats(answer)) throw this.incomplete(`page ${number} repeats a page before it`);
    this.refuseShift(number, answer);
  }

  async end(signal: AbortSignal): Promise<void> {
    const { first } = this;
    if (this.pages === undefined) return;
    const missing = whatIsMissing(this.lengths, first.claim, this.walk.pageSize);
    if (missing) throw this.incomplete(missing);
    const size = first.claim.pageSize ?? first.length;
    if (first.length === 0 || (this.lengths.at(-1) ?? 0) < size) return;
    const beyond = await this.walk.fetchBeyond(this.lengths.length + 1, signal);
    if (!beyond || beyond.rows.length === 0) return;
    if (beyond.claim.page !== undefined && beyond.claim.page !== this.lengths.length + 1) return;
    if (!this.repeats(beyond)) throw this.incomplete('it goes on after its last page');
  }

  asPage(page: number, { headers, rows, claim }: ExportAnswer): ArrowExportPage {
    const totalRows = claim.totalRows ?? this.linesSoFar;
    return { page, totalPages: Math.max(this.pages ?? page, page), totalRows, headers, rows };
  }

  /** Lines have no key we could rely on, so pages are told apart by a sample of their lines. */
  private repeats({ rows }: ExportAnswer): boolean {
    const step = Math.max(1, Math.floor(rows.length / SAMPLED_LINES));
    const sample = rows.filter((_, index) => index % step === 0 || index === rows.length - 1);
    const digest = hashOf([rows.length, sample]);
    if (rows.length === 0) return false;
    if (this.hashes.has(digest)) return true;
    this.hashes.add(digest);
    return false;
  }

  private refuseShift(number: number, { rows }: ExportAnswer): void {
    const [first] = rows;
    if (first && !this.walk.allowRepeatedRows && this.border.some((row) => sameCells(row, first))) {
      throw new ArrowExportShiftedError(this.walk.what, number, hashOf(first));
    }
    this.border = rows.slice(-ROWS_AT_BORDER);
  }

  private incomplete(why: string): ArrowIncompleteAnswerError {
    return new ArrowIncompleteAnswerError(this.walk.what, why);
  }
}

function hashOf(value: unknown): string {
  return createHash('sha1').update(JSON.stringify(value)).digest('base64');
}

function sameCells(a: readonly (string | null)[], b: readonly (string | null)[]): boolean {
  return a.length === b.length && a.every((cell, index) => cell === b[index]);
}
