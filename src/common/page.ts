import { PageNotFoundError } from './http-errors.js';
import { listFilterOf, NamesFilter, namesIn, PagingFilter } from './validation/query-fields.js';

const DEFAULT_PAGE_SIZE = 10;
const MAX_PAGE_SIZE = 300;

/** What the answer to one object may be cut down to. */
export class FieldsQuery {
  @NamesFilter({ description: 'Keys to answer, repeated or joined by commas; all by default.' })
  field?: string[];
}

/** What every answer in pages takes. */
export class PagedQuery extends FieldsQuery {
  @PagingFilter({ description: 'Page number, from 1; `last` works.' })
  page?: string;

  @PagingFilter({ description: `Rows per page: ${DEFAULT_PAGE_SIZE} by default, ${MAX_PAGE_SIZE} at most.` })
  page_size?: string;
}

/**
 * Order by properties of the entity, or of one it points at (`project.customer.name`); the UUID always comes last, so
 * that pages never overlap.
 */
export type Order = readonly (readonly [property: string, direction: 'ASC' | 'DESC'])[];

/**
 * `o` of a list, as the {@link Order} that its names mean: `sortable` says which property, or properties, each of them
 * is. Unknown names are ignored, the first of two mentions counts, and without a known one there is no order.
 */
export const OrderFilter = (sortable: Readonly<Record<string, string | readonly string[]>>) =>
  listFilterOf({}, (texts) => {
    const order = new Map<string, 'ASC' | 'DESC'>();
    for (const name of namesIn(texts)) {
      const key = name.replace(/^-/, '');
      for (const property of Object.hasOwn(sortable, key) ? [sortable[key]!].flat() : [])
        if (!order.has(property)) order.set(property, name.startsWith('-') ? 'DESC' : 'ASC');
    }
    return [...order];
  })({
    description: `Order: ${Object.keys(sortable)
      .map((name) => `\`${name}\``)
      .join(', ')}, joined by commas, \`-\` before a name for descending.`,
    joined: true,
  });

/** What every list takes besides its filters. */
export class ListQuery extends PagedQuery {
  /** Each list says by an `OrderFilter` which names it takes. */
  o?: Order;
}

/** Which page of a list is wanted, in which order, and with which keys of its rows. */
export interface Paging {
  /** From 1, or `last`. */
  readonly page?: string;
  readonly pageSize?: string;
  readonly field?: readonly string[];
  readonly o?: Order;
  /** A query as it was sent is none of this: see `commandOf`. */
  readonly page_size?: never;
}

/** Which rows of how many. */
export interface PageInfo {
  /** Rows over all pages. */
  readonly total: number;
  /** From 1. */
  readonly page: number;
  readonly pageSize: number;
}

/** One page of a list; the paging interceptor writes its headers and answers the items. */
export class Page<T> implements PageInfo {
  constructor(
    readonly items: readonly T[],
    readonly total: number,
    readonly page: number,
    readonly pageSize: number,
    /** Keys asked for with `field`, if any; {@link keep} come in any case. */
    readonly fields?: readonly string[],
    readonly keep: readonly string[] = [],
  ) {}

  map<R>(convert: (item: T) => R): Page<R> {
    return this.with(this.items.map(convert));
  }

  /** The same page with what these items became. */
  with<R>(items: readonly R[]): Page<R> {
    return new Page(items, this.total, this.page, this.pageSize, this.fields, this.keep);
  }

  /** The same page, with keys that are answered even if `field` does not name them. */
  keeping(...keys: string[]): Page<T> {
    return new Page(this.items, this.total, this.page, this.pageSize, this.fields, keys);
  }
}

/** The answer to HEAD on a list: headers only. */
export class Count implements PageInfo {
  constructor(
    readonly total: number,
    readonly page: number,
    readonly pageSize: number,
  ) {}
}

/**
 * An answer that is not a paged list, with the number that GET and HEAD report (`X-Result-Count`): 1 for an object, as
 * Waldur's Python client reads it. `null` is the body of HEAD.
 */
export class Counted<T> {
  constructor(
    readonly body: T,
    readonly total: number,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}
}

/** Rows per page as Waldur reads it: unusable values count as the default. */
function pageSizeOf({ pageSize = '' }: Paging): number {
  const size = /^\d{1,9}$/.test(pageSize) ? Number(pageSize) : 0;
  return size > 0 ? Math.min(size, MAX_PAGE_SIZE) : DEFAULT_PAGE_SIZE;
}

/** The page asked for, once the total is known. Throws {@link PageNotFoundError}. */
export function pageOf(query: Paging, total: number): PageInfo {
  const pageSize = pageSizeOf(query);
  const last = Math.max(1, Math.ceil(total / pageSize));
  const page =
    query.page === undefined ? 1 : query.page === 'last' ? last : /^\d{1,9}$/.test(query.page) ? Number(query.page) : 0;
  if (page < 1 || page > last) throw new PageNotFoundError();
  return { total, page, pageSize };
}

/** The page asked for of rows that are all at hand; all of them where none is. Throws {@link PageNotFoundError}. */
export function pageAmong<T>(query: Paging, rows: readonly T[]): Page<T> {
  const { length } = rows;
  const isAsked = query.page !== undefined || query.pageSize !== undefined;
  const { page, pageSize } = isAsked ? pageOf(query, length) : { page: 1, pageSize: Math.max(1, length) };
  return new Page(rows.slice((page - 1) * pageSize, page * pageSize), length, page, pageSize, query.field);
}
