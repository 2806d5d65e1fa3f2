import { Brackets, type ObjectLiteral, type SelectQueryBuilder } from 'typeorm';
import { Count, type Order, Page, pageOf, type Paging } from '../common/page.js';
import { parseUuid } from '../common/uuid.js';
import type { EntityReader } from './entity-reader.js';

/**
 * One page of a filtered query. Pages past the middle are read from the other end of the index, so that the last page
 * costs what the first does; joins are made for the rows of the page only. `usualOrder` is the one where none is asked
 * for. One statement for the first page, two for others, whatever the size. Throws `PageNotFoundError`.
 */
export async function paginate<T extends ObjectLiteral & { uuid: string }>(
  filtered: SelectQueryBuilder<T>,
  paging: Paging,
  usualOrder: Order,
  reader: EntityReader<T>,
): Promise<Page<T>> {
  const order = paging.o ?? usualOrder;
  const first = pageOf(paging, Infinity);
  const { items, total } =
    first.page === 1
      ? await reader.page(
          () => ({ keys: inOrder(filtered, order, false).limit(first.pageSize), counted: counted(filtered) }),
          nameOf(filtered, order, first.pageSize),
        )
      : await laterPage(filtered, order, paging, reader);
  const { page, pageSize } = pageOf(paging, total);
  return new Page(items, total, page, pageSize, paging.field);
}

/** What tells the statement of a first page from others, where it has no parameters. */
function nameOf<T extends ObjectLiteral>(
  { expressionMap: { wheres, joinAttributes, parameters } }: SelectQueryBuilder<T>,
  order: Order,
  pageSize: number,
): string | undefined {
  if (joinAttributes.length || Object.keys(parameters).length) return undefined;
  return JSON.stringify([wheres, order, pageSize]);
}

/** A row that is joined to several counts once; where none is joined, PostgreSQL need not look at the UUIDs. */
function counted<T extends ObjectLiteral>(filtered: SelectQueryBuilder<T>): SelectQueryBuilder<T> {
  const isJoined = filtered.expressionMap.joinAttributes.length > 0;
  return filtered
    .clone()
    .select(isJoined ? `count(DISTINCT ${filtered.alias}.uuid)` : 'count(*)')
    .orderBy();
}

/** Counted before, as it may be nearer to the end. Throws `PageNotFoundError`. */
async function laterPage<T extends ObjectLiteral & { uuid: string }>(
  filtered: SelectQueryBuilder<T>,
  order: Order,
  paging: Paging,
  reader: EntityReader<T>,
): Promise<{ readonly items: readonly T[]; readonly total: number }> {
  const total = await filtered.clone().getCount();
  const { page, pageSize } = pageOf(paging, total);
  const offset = (page - 1) * pageSize;
  const size = Math.min(pageSize, total - offset);
  if (size <= 0) return { items: [], total };
  const backwards = offset > total / 2;
  const keys = inOrder(filtered, order, backwards).offset(backwards ? total - offset - size : offset);
  const { items } = await reader.page(() => ({ keys: keys.limit(size) }));
  return { items: backwards ? items.reverse() : items, total };
}

function inOrder<T extends ObjectLiteral>(
  filtered: SelectQueryBuilder<T>,
  order: Order,
  backwards: boolean,
): SelectQueryBuilder<T> {
  const keys = filtered.clone().select(`${filtered.alias}.uuid`, 'uuid').orderBy();
  for (const [property, direction] of [...order, ['uuid', order.at(-1)?.[1] ?? 'ASC'] as const])
    keys.addOrderBy(columnOf(keys, property), backwards ? (direction === 'ASC' ? 'DESC' : 'ASC') : direction);
  return keys;
}

/** A property path as a column to order by; what it leads through is joined, once each. */
function columnOf<T extends ObjectLiteral>(keys: SelectQueryBuilder<T>, path: string): string {
  const [column, ...reversed] = path.split('.').reverse();
  let alias = keys.alias;
  for (const relation of reversed.reverse()) {
    const joined = `${alias}_${relation}_order`;
    if (!keys.expressionMap.joinAttributes.some(({ alias: { name } }) => name === joined))
      keys.leftJoin(`${alias}.${relation}`, joined);
    alias = joined;
  }
  return `${alias}.${column}`;
}

/** The same list for HEAD: counted, not read. Throws `PageNotFoundError`. */
export async function countOnly<T extends ObjectLiteral>(
  filtered: SelectQueryBuilder<T>,
  paging: Paging,
): Promise<Count> {
  const { total, page, pageSize } = pageOf(paging, await filtered.getCount());
  return new Count(total, page, pageSize);
}

/**
 * Leaves the rows that fulfil each condition whose value is given: `{ 'item.uuid = :uuid': uuid }`. A condition has one
 * parameter, named otherwise than those of the others.
 */
export function narrow<T extends ObjectLiteral>(
  found: SelectQueryBuilder<T>,
  conditions: Readonly<Record<string, unknown>>,
): SelectQueryBuilder<T> {
  for (const [condition, value] of Object.entries(conditions))
    if (value !== undefined && value !== '') found.andWhere(condition, { [/:(\w+)/.exec(condition)![1]!]: value });
  return found;
}

/** When rows came and last changed: then or later, and `…Before`: then or earlier. */
export interface CreatedModified {
  readonly created?: Date;
  readonly createdBefore?: Date;
  readonly modified?: Date;
  readonly modifiedBefore?: Date;
}

/** Conditions for {@link narrow}. */
export const within = (alias: string, times: CreatedModified): Readonly<Record<string, unknown>> => ({
  [`${alias}.created >= :created`]: times.created,
  [`${alias}.created <= :createdBefore`]: times.createdBefore,
  [`${alias}.modified >= :modified`]: times.modified,
  [`${alias}.modified <= :modifiedBefore`]: times.modifiedBefore,
});

/** What the free-text filter `query` asks for: the words in any of these properties, or the UUID of the row. */
export function mentioning(alias: string, properties: readonly string[], words: string): Brackets {
  return new Brackets((any) => {
    for (const property of properties) {
      any.orWhere(mentions(`${alias}.${property}`, 'mentioned'), { mentioned: containing(words) });
    }
    const mentionedUuid = parseUuid(words);
    if (mentionedUuid) any.orWhere(`${alias}.uuid = :mentionedUuid`, { mentionedUuid });
  });
}

/**
 * Whether a property has the text of a parameter, made by {@link containing}, in it; capital or not, in any script, on
 * a server whose own rules know ASCII only (`LC_CTYPE C`) too.
 */
export function mentions(property: string, parameter: string): string {
  return `${property} ILIKE :${parameter} COLLATE "und-x-icu"`;
}

/** `%text%` for ILIKE, with the text's own wildcards taken literally; nothing where there is no text. */
export function containing(text = ''): string {
  return text && `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}
