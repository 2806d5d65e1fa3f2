import type { ArrowClient } from './arrow-client.js';
import type { ArrowAccount, ArrowLicense } from './arrow-gateway.js';
import {
  ArrowIncompleteAnswerError,
  ArrowMalformedAnswerError,
  ArrowNotFoundError,
  ArrowRefusedError,
} from './arrow-gateway.errors.js';
import { type LicenseFilter, licensesRequest, PAGE_SIZE, searchRequest } from './arrow-requests.js';
import type { LicenseRow } from './license-answers.js';
import { type ListPage, type Walk, walkPages } from './page-walker.js';

/** ArrowSphere's search is believed to refuse more than 10,000 rows from its start. */
const PAGES_PER_WINDOW = 100;
const OLDER_LISTINGS = ['v2/licenses', 'licenses'] as const;
const WHAT = 'licences';

export interface LicenseCalls {
  readonly client: ArrowClient;
  readonly account: ArrowAccount;
  readonly lane?: string;
  readonly limits: { readonly concurrency: number; readonly maxPages: number };
}

/**
 * All licences that `licenses/v2/find` has for the filter; `undefined` where this ArrowSphere has no such search.
 * Beyond 10,000 rows the walk goes on from the last row's number, as pages so far in are refused.
 */
export async function searchLicenses(
  calls: LicenseCalls,
  filter: LicenseFilter,
  signal: AbortSignal,
): Promise<ArrowLicense[] | undefined> {
  const windows = new SearchWindows(calls, filter);
  try {
    const rows = await walkPages(
      walkOf(calls, (page, within) => windows.fetch(page, within)),
      signal,
    );
    return onePerReference(rows);
  } catch (error) {
    if (isNoSuchEndpoint(error)) return undefined;
    throw error;
  }
}

/** All licences of the account by the older listings, newest first of those that are there. */
export async function listAllLicenses(calls: LicenseCalls, signal: AbortSignal): Promise<ArrowLicense[]> {
  for (const path of OLDER_LISTINGS) {
    try {
      const fetch = (page: number, within: AbortSignal): Promise<ListPage<LicenseRow>> =>
        calls.client.call(calls.account, licensesRequest(path, page), { signal: within, lane: calls.lane });
      return onePerReference(await walkPages(walkOf(calls, fetch), signal));
    } catch (error) {
      if (!isNoSuchEndpoint(error) || path === OLDER_LISTINGS[OLDER_LISTINGS.length - 1]) throw error;
    }
  }
  return [];
}

class SearchWindows {
  private pageSize = PAGE_SIZE;
  private borders = new Map<number, { resolve(lastId: number): void; readonly lastId: Promise<number> }>();

  constructor(
    private readonly calls: LicenseCalls,
    private readonly filter: LicenseFilter,
  ) {}

  /** Page `page` of the whole list, as a page of the window it lies in; its claim is put in terms of the whole list. */
  async fetch(page: number, signal: AbortSignal): Promise<ListPage<LicenseRow>> {
    if (page === 1) this.borders.clear();
    const window = Math.floor((page - 1) / PAGES_PER_WINDOW);
    const pagesBefore = window * PAGES_PER_WINDOW;
    const after = window === 0 ? undefined : await orAbort(this.border(pagesBefore).lastId, signal);
    const request = searchRequest(this.filter, page - pagesBefore, after);
    const { rows, claim } = await this.calls.client.call(this.calls.account, request, {
      signal,
      lane: this.calls.lane,
    });
    if (page === 1) this.pageSize = claim.pageSize ?? rows.length;
    if (page % PAGES_PER_WINDOW === 0) this.border(page).resolve(lastIdOf(rows));
    return {
      rows,
      claim: {
        page: claim.page === undefined ? undefined : claim.page + pagesBefore,
        pageSize: claim.pageSize,
        totalPages: claim.totalPages === undefined ? undefined : claim.totalPages + pagesBefore,
        totalRows: claim.totalRows === undefined ? undefined : claim.totalRows + pagesBefore * this.pageSize,
      },
    };
  }

  private border(page: number): { resolve(lastId: number): void; readonly lastId: Promise<number> } {
    const known = this.borders.get(page);
    if (known) return known;
    let resolve: (lastId: number) => void = () => undefined;
    const lastId = new Promise<number>((done) => (resolve = done));
    const border = { resolve, lastId };
    this.borders.set(page, border);
    return border;
  }
}

function walkOf(calls: LicenseCalls, fetch: Walk<LicenseRow>['fetch']): Walk<LicenseRow> {
  return {
    what: WHAT,
    pageSize: PAGE_SIZE,
    ...calls.limits,
    keyOf: ({ id, license }) => (id === undefined ? license.licenseReference : `#${id}`),
    fetch,
  };
}

function lastIdOf(rows: readonly LicenseRow[]): number {
  let last = -Infinity;
  for (const { id } of rows) {
    if (id === undefined) throw new ArrowMalformedAnswerError(WHAT, 'a row has no license.id to go on from');
    if (id <= last) throw new ArrowIncompleteAnswerError(WHAT, 'they did not come in the order asked for');
    last = id;
  }
  return last;
}

/** The walker proves every row came; of rows about one and the same licence the one with the highest number stands. */
function onePerReference(rows: readonly LicenseRow[]): ArrowLicense[] {
  const byReference = new Map<string, LicenseRow>();
  for (const row of rows) {
    const known = byReference.get(row.license.licenseReference);
    if (!known || (row.id ?? 0) > (known.id ?? 0)) byReference.set(row.license.licenseReference, row);
  }
  return [...byReference.values()].map(({ license }) => license);
}

function isNoSuchEndpoint(error: unknown): boolean {
  return (
    error instanceof ArrowNotFoundError || (error instanceof ArrowRefusedError && error.details.httpStatus === 405)
  );
}

function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
