import { type ApiReply, type ApiRequest, badRequest, notFound } from '../http.js';
import { inFindForm, inMixedForm } from '../license-wire.js';
import type { EmulatorLicense } from '../model.js';
import { cut, snakePagination, xspPage, xspPerPage } from '../paging.js';
import { findCustomer } from './customers.js';
import { runFind } from './license-find.js';

export const ownLicenses = ({ data, partner }: ApiRequest): EmulatorLicense[] =>
  data.licenses.filter(({ partnerReference }) => partnerReference === partner.reference);

/** The old listing of all licences: pages by number, no filter. */
export function listLicenses(request: ApiRequest): ApiReply {
  const page = xspPage(ownLicenses(request), request);
  return {
    status: 200,
    body: {
      status: 200,
      data: { licenses: page.rows.map((license) => inMixedForm(license)) },
      pagination: snakePagination(page, 'licenses'),
    },
  };
}

/** The newer listing: pages by number, or a cursor when no `page` is sent. */
export function listLicensesV2(request: ApiRequest): ApiReply {
  const { query } = request;
  const byCursor = query.has('search_after') || query.has('search_before');
  if (byCursor && query.has('page')) throw badRequest('Send either page or a cursor, not both');
  if (query.has('page')) {
    const page = xspPage(ownLicenses(request), request);
    return v2Answer(page.rows, snakePagination(page, 'v2/licenses'));
  }
  return cursorAnswer(request);
}

const cursorOf = (license: EmulatorLicense) => Buffer.from(`${license.id}`).toString('base64url');

function idOf(cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^\d+$/.test(text)) throw badRequest('The cursor cannot be read', 'INVALID_CURSOR');
  return Number(text);
}

function cursorAnswer(request: ApiRequest): ApiReply {
  const all = ownLicenses(request).sort((a, b) => a.id - b.id);
  const perPage = xspPerPage(request);
  const { ignorePage, endless } = request.paging;
  const after = request.query.get('search_after');
  const before = request.query.get('search_before');
  let rows: EmulatorLicense[];
  if (ignorePage) rows = all.slice(0, perPage);
  else if (before !== null) rows = all.filter(({ id }) => id < idOf(before)).slice(-perPage);
  else rows = all.filter(({ id }) => after === null || id > idOf(after)).slice(0, perPage);
  if (endless && rows.length === 0) rows = all.slice(-perPage);
  const first = rows[0];
  const last = rows.at(-1);
  // The cursor dialect names a next page even when this one is the last: the walk ends on an empty page.
  return v2Answer(rows, {
    per_page: perPage,
    current_page: 0,
    total_page: Math.max(1, Math.ceil(all.length / perPage)),
    total: all.length,
    next: last ? `/v2/licenses?per_page=${perPage}&search_after=${cursorOf(last)}` : null,
    previous:
      first && (after !== null || before !== null)
        ? `/v2/licenses?per_page=${perPage}&search_before=${cursorOf(first)}`
        : null,
  });
}

function v2Answer(rows: EmulatorLicense[], pagination: Record<string, unknown>): ApiReply {
  const licenses = rows.map((license) => inMixedForm(license, { withOrder: false }));
  return { status: 200, body: { status: 200, data: { licenses }, pagination } };
}

function ofCustomer(request: ApiRequest, reference: string, withOrder: boolean): ApiReply {
  findCustomer(request, reference);
  const state = request.query.get('state');
  const sku = request.query.get('sku');
  const licenses = ownLicenses(request)
    .filter((license) => license.customerRef === reference)
    .filter((license) => !state || license.state.toLowerCase() === state.toLowerCase())
    .filter((license) => !sku || license.sku === sku)
    .map((license) => inMixedForm(license, { withOrder }));
  return { status: 200, body: { status: 200, data: { licenses } } };
}

export const listLicensesOfCustomer = (request: ApiRequest, reference: string) => ofCustomer(request, reference, true);
export const listLicensesOfCustomerV2 = (request: ApiRequest, reference: string) =>
  ofCustomer(request, reference, false);

export function findLicense(request: ApiRequest, reference: string): EmulatorLicense {
  const { data, partner } = request;
  const license = data.licenses.find(
    (candidate) => candidate.licenseId === reference && candidate.partnerReference === partner.reference,
  );
  if (!license) throw notFound(`License ${reference} not found`, 'LICENSE_NOT_FOUND');
  return license;
}

export function getLicense(request: ApiRequest, reference: string): ApiReply {
  const license = inMixedForm(findLicense(request, reference), { detail: true });
  return { status: 200, body: { status: 200, data: { license } } };
}

export function getLicenseHistory(request: ApiRequest, reference: string): ApiReply {
  const { activatedAt, seats } = findLicense(request, reference);
  const at = activatedAt ?? '2025-01-01T00:00:00.000Z';
  const note = { before: null, after: { seats }, extra_information: [] };
  return {
    status: 200,
    body: { status: 200, data: { actions: [{ action: 'create', note, created_at: at, updated_at: at }] } },
  };
}

/** `POST licenses/v2/find`: criteria in the body, paging in the query, no envelope. */
export function find(request: ApiRequest): ApiReply {
  const { findWindow } = request.data.behaviour;
  const perPage = xspPerPage(request);
  const asked = Number(request.query.get('page') ?? 1);
  if (!Number.isInteger(asked) || asked < 1) throw badRequest('Parameter page must be a positive integer');
  if (asked * perPage > findWindow) {
    throw badRequest(`Result window is too large, page * per_page must not exceed ${findWindow}`, 'WINDOW_TOO_LARGE');
  }
  const { found, facets } = runFind(ownLicenses(request), request.body);
  const page = cut(found, asked, perPage, request);
  return {
    status: 200,
    body: {
      results: page.rows.map(inFindForm),
      filters: facets,
      pagination: { perPage, currentPage: page.current, totalPage: page.totalPages, total: page.total },
    },
  };
}
