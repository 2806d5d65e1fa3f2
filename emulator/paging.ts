import { type ApiRequest, badRequest } from './http.js';

/** A cut out of a list and what is needed to describe it. */
export interface Page<T> {
  readonly rows: T[];
  readonly perPage: number;
  /** The page that the answer says it is. */
  readonly current: number;
  readonly total: number;
  readonly totalPages: number;
}

/** Anything with a length that can be read by number: an array, or rows that are made when asked for. */
export interface Rows<T> {
  readonly length: number;
  at(index: number): T | undefined;
}

export function positiveInteger(name: string, value: unknown, fallback: number): number {
  if (value === undefined || value === null || value === '') return fallback;
  const number = typeof value === 'number' ? value : Number(value);
  if (!Number.isInteger(number) || number < 1) throw badRequest(`Parameter ${name} must be a positive integer`);
  return number;
}

export function cut<T>(rows: Rows<T>, asked: number, perPage: number, request: ApiRequest): Page<T> {
  const total = rows.length;
  const totalPages = Math.max(1, Math.ceil(total / perPage));
  const { ignorePage, endless, shiftRows = 0 } = request.paging;
  let served = asked;
  if (ignorePage) served = 1;
  else if (endless) served = Math.min(asked, totalPages);
  const first = (served - 1) * perPage;
  const list: T[] = [];
  for (let index = first; index < Math.min(first + perPage, total); index += 1) {
    list.push(rows.at((index - shiftRows + total) % total) as T);
  }
  return {
    rows: list,
    perPage,
    current: ignorePage === 'echo-first' ? 1 : asked,
    total,
    totalPages: endless ? Math.max(totalPages, asked + 1) : totalPages,
  };
}

/** `page` and `per_page` of the query, as customers, licences, find and catalogue take them. */
export function xspPage<T>(rows: Rows<T>, request: ApiRequest): Page<T> {
  const { maxPerPage } = request.data.behaviour;
  const perPage = Math.min(xspPerPage(request), maxPerPage);
  return cut(rows, positiveInteger('page', request.query.get('page'), 1), perPage, request);
}

export function xspPerPage(request: ApiRequest): number {
  const { defaultPerPage, maxPerPage } = request.data.behaviour;
  return Math.min(positiveInteger('per_page', request.query.get('per_page'), defaultPerPage), maxPerPage);
}

/** The snake_case dialect. Links are relative and lack the `/index.php/api` prefix. */
export function snakePagination(page: Page<unknown>, path: string): Record<string, unknown> {
  const link = (number: number) => `/${path}?per_page=${page.perPage}&page=${number}`;
  return {
    per_page: page.perPage,
    current_page: page.current,
    total_page: page.totalPages,
    total: page.total,
    next: page.current < page.totalPages ? link(page.current + 1) : null,
    previous: page.current > 1 ? link(page.current - 1) : null,
  };
}
