import { badRequest } from '../http.js';
import type { FindResult } from '../license-wire.js';

type Criteria = Record<string, unknown>;

const KNOWN_KEYS = [
  'keyword',
  'keywords',
  'filters',
  'exclusionFilters',
  'compare',
  'sort',
  'aggregations',
  'highlight',
];
const FACETS = ['license.vendor_code', 'license.cloud_type', 'license.status_label', 'license.isEnabled'];

/** The find of ArrowSphere's portal over these rows: what matches, in order, and the facets. */
export function runFind(rows: FindResult[], body: unknown): { rows: FindResult[]; facets: unknown[] } {
  const criteria = record(body ?? {}, 'The body');
  for (const key of Object.keys(criteria)) {
    if (!KNOWN_KEYS.includes(key)) throw badRequest(`Unknown key ${key}`, 'UNKNOWN_FIELD');
  }
  const filters = Object.entries(record(criteria.filters ?? {}, 'filters'));
  const exclusions = Object.entries(record(criteria.exclusionFilters ?? {}, 'exclusionFilters'));
  const keywords = Object.entries(record(criteria.keywords ?? {}, 'keywords'));
  const comparisons = Object.entries(record(criteria.compare ?? {}, 'compare'));
  const fields = [filters, exclusions, keywords, comparisons].flat().map(([field]) => field);
  for (const field of fields) checkField(field);
  const keyword = typeof criteria.keyword === 'string' ? criteria.keyword.toLowerCase() : '';

  const found = rows
    .filter((row) => filters.every(([field, wanted]) => matches(valueAt(row, field), wanted)))
    .filter((row) => !exclusions.some(([field, unwanted]) => matches(valueAt(row, field), unwanted)))
    .filter((row) => keywords.every(([field, wanted]) => matchesKeyword(valueAt(row, field), wanted)))
    .filter((row) => comparisons.every(([field, other]) => matchesOther(row, field, other)))
    .filter((row) => keyword === '' || JSON.stringify(row).toLowerCase().includes(keyword));
  sortRows(found, criteria.sort);
  const extra = Array.isArray(criteria.aggregations) ? criteria.aggregations.map(String) : [];
  return { rows: found, facets: [...FACETS, ...extra].map((field) => facet(found, field)) };
}

function record(value: unknown, name: string): Criteria {
  // PHP cannot tell an empty object from an empty list.
  if (Array.isArray(value) && value.length === 0) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest(`${name} must be an object`, 'INVALID_BODY');
  }
  return value as Criteria;
}

function checkField(field: string): void {
  if (!/^(license|offer|endCustomerOrganizationUnit)\.[\w.]+$/.test(field)) {
    throw badRequest(`Unknown field ${field}`, 'UNKNOWN_FIELD');
  }
}

function valueAt(row: FindResult, field: string): unknown {
  return field.split('.').reduce<unknown>((value, key) => {
    return typeof value === 'object' && value !== null ? (value as Criteria)[key] : undefined;
  }, row);
}

function matches(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) return wanted.some((one) => matches(value, one));
  if (typeof wanted === 'object' && wanted !== null) {
    return Object.entries(wanted).every(([operator, limit]) => inRange(value, operator, limit));
  }
  return value === wanted || (typeof value === 'boolean' && String(value) === wanted);
}

function inRange(value: unknown, operator: string, limit: unknown): boolean {
  if (!['gt', 'gte', 'lt', 'lte'].includes(operator)) throw badRequest(`Unknown range operator ${operator}`);
  if (value === null || value === undefined) return false;
  const order = compareValues(value, limit);
  if (operator === 'gt') return order > 0;
  if (operator === 'gte') return order >= 0;
  if (operator === 'lt') return order < 0;
  return order <= 0;
}

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && Number.isFinite(Number(b))) return a - Number(b);
  const [left, right] = [textOf(a), textOf(b)];
  return left < right ? -1 : Number(left > right);
}

function matchesKeyword(value: unknown, wanted: unknown): boolean {
  const { values, operator = 'OR' } = record(wanted, 'keywords') as { values?: unknown[]; operator?: string };
  if (!Array.isArray(values)) throw badRequest('keywords need values', 'INVALID_BODY');
  const text = String((value ?? '')).toLowerCase();
  if (operator === 'BETWEEN')
    return text !== '' && inRange(value, 'gte', values[0]) && inRange(value, 'lte', values[1]);
  const contains = (one: unknown) => text.includes(String(one).toLowerCase());
  return operator === 'AND' ? values.every(contains) : values.some(contains);
}

function matchesOther(row: FindResult, field: string, other: unknown): boolean {
  const { field: against, operator } = record(other, 'compare') as { field?: string; operator: string };
  checkField(String(against));
  const order = compareValues(valueAt(row, field), valueAt(row, String(against)));
  switch (operator) {
    case 'EQ':
      return order === 0;
    case 'NEQ':
      return order !== 0;
    case 'GT':
      return order > 0;
    case 'GTE':
      return order >= 0;
    case 'LT':
      return order < 0;
    case 'LTE':
      return order <= 0;
    default:
      throw badRequest(`Unknown operator ${operator}`);
  }
}

function sortRows(rows: FindResult[], sort: unknown): void {
  const order = Object.entries(record(sort ?? {}, 'sort'));
  for (const [field, direction] of order) {
    checkField(field);
    if (direction !== 'asc' && direction !== 'desc') throw badRequest('sort must be asc or desc');
  }
  rows.sort((a, b) => {
    for (const [field, direction] of order) {
      const difference = compareValues(valueAt(a, field), valueAt(b, field));
      if (difference !== 0) return direction === 'desc' ? -difference : difference;
    }
    return 0;
  });
}

function facet(rows: FindResult[], field: string): unknown {
  checkField(field);
  const counts = new Map<string, number>();
  for (const row of rows) {
    const value = textOf(valueAt(row, field));
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return { name: field, values: [...counts].map(([value, count]) => ({ value, count })) };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}
