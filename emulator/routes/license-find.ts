import { badRequest } from '../http.js';
import { type FindResult, inFindForm } from '../license-wire.js';
import type { EmulatorLicense } from '../model.js';

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

/** Fields read without spelling out the whole result first, so that a walk over 20,000 licences stays quick. */
const DIRECT: Record<string, (license: EmulatorLicense) => unknown> = {
  'license.id': (license) => license.id,
  'license.customer_ref': (license) => license.customerRef,
  'license.partner_ref': (license) => license.licenseId,
  'license.vendor_code': (license) => license.vendorCode,
  'license.cloud_type': (license) => license.category,
  'license.status_label': (license) => license.statusLabel,
  'license.status_code': (license) => license.statusCode,
  'license.isEnabled': (license) => license.isEnabled,
  'license.vendor_subscription_id': (license) => license.vendorLicenseId,
};

class Row {
  private spelled: FindResult | undefined;

  constructor(readonly license: EmulatorLicense) {}

  get result(): FindResult {
    return (this.spelled ??= inFindForm(this.license));
  }

  valueOf(field: string): unknown {
    const direct = this.license.findWire ? undefined : DIRECT[field];
    if (direct) return direct(this.license);
    return field.split('.').reduce<unknown>((value, key) => {
      return typeof value === 'object' && value !== null ? (value as Criteria)[key] : undefined;
    }, this.result);
  }
}

/** The find of ArrowSphere's portal over these licences: what matches, in order, and the facets. */
export function runFind(licenses: EmulatorLicense[], body: unknown): { found: EmulatorLicense[]; facets: unknown[] } {
  const criteria = record(body ?? {}, 'The body');
  for (const key of Object.keys(criteria)) {
    if (!KNOWN_KEYS.includes(key)) throw badRequest(`Unknown key ${key}`, 'UNKNOWN_FIELD');
  }
  const filters = Object.entries(record(criteria.filters ?? {}, 'filters'));
  const exclusions = Object.entries(record(criteria.exclusionFilters ?? {}, 'exclusionFilters'));
  const keywords = Object.entries(record(criteria.keywords ?? {}, 'keywords'));
  const comparisons = Object.entries(record(criteria.compare ?? {}, 'compare'));
  for (const [field] of [filters, exclusions, keywords, comparisons].flat()) checkField(field);
  const keyword = typeof criteria.keyword === 'string' ? criteria.keyword.toLowerCase() : '';

  const rows = licenses
    .map((license) => new Row(license))
    .filter((row) => filters.every(([field, wanted]) => matches(row.valueOf(field), wanted)))
    .filter((row) => !exclusions.some(([field, unwanted]) => matches(row.valueOf(field), unwanted)))
    .filter((row) => keywords.every(([field, wanted]) => matchesKeyword(row.valueOf(field), wanted)))
    .filter((row) => comparisons.every(([field, other]) => matchesOther(row, field, other)))
    .filter((row) => keyword === '' || JSON.stringify(row.result).toLowerCase().includes(keyword));
  sortRows(rows, criteria.sort);
  const extra = Array.isArray(criteria.aggregations) ? criteria.aggregations.map(String) : [];
  return {
    found: rows.map(({ license }) => license),
    facets: [...FACETS, ...extra].map((field) => facet(rows, field)),
  };
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
  const text = textOf(value).toLowerCase();
  if (operator === 'BETWEEN') return inRange(value, 'gte', values[0]) && inRange(value, 'lte', values[1]);
  const contains = (one: unknown) => text.includes(textOf(one).toLowerCase());
  return operator === 'AND' ? values.every(contains) : values.some(contains);
}

function matchesOther(row: Row, field: string, other: unknown): boolean {
  const { field: against, operator } = record(other, 'compare') as { field?: string; operator: string };
  if (typeof against !== 'string') throw badRequest('compare needs a field', 'INVALID_BODY');
  checkField(against);
  const order = compareValues(row.valueOf(field), row.valueOf(against));
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

function sortRows(rows: Row[], sort: unknown): void {
  const order = Object.entries(record(sort ?? {}, 'sort'));
  for (const [field, direction] of order) {
    checkField(field);
    if (direction !== 'asc' && direction !== 'desc') throw badRequest('sort must be asc or desc');
  }
  if (order.length === 0) return;
  rows.sort((a, b) => {
    for (const [field, direction] of order) {
      const difference = compareValues(a.valueOf(field), b.valueOf(field));
      if (difference !== 0) return direction === 'desc' ? -difference : difference;
    }
    return 0;
  });
}

function facet(rows: Row[], field: string): unknown {
  checkField(field);
  const counts = new Map<string, number>();
  for (const row of rows) {
    const value = textOf(row.valueOf(field));
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return { name: field, values: [...counts].map(([value, count]) => ({ value, count })) };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}
