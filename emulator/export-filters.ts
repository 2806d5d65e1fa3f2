import { type ApiRequest, badRequest } from './http.js';
import type { EmulatorBehaviour, ExportFilters, ExportLine, ExportLineSource } from './model.js';
import type { Rows } from './paging.js';

type Test = (line: ExportLine) => boolean;

const LISTS: Record<string, (line: ExportLine) => string | null | undefined> = {
  customerXspRefs: (line) => line.customerRef,
  classifications: (line) => line.values.classification,
  vendors: (line) => line.values['vendor-name'],
  programs: (line) => line.program,
  marketplaces: (line) => line.marketplace,
  sequences: (line) => line.values.sequence,
  references: (line) => line.values['line-reference'] ?? line.values.sequence,
  resellerXspRefs: (line) => line.partnerReference,
  resellerCompanyTags: () => '',
  vendorSubscriptionIds: (line) => line.values['vendor-subscription-id'],
  friendlyNames: (line) => line.values['friendly-name'],
};

const RANGES: Record<string, { form: RegExp; value: (line: ExportLine) => string | null | undefined }> = {
  reportPeriod: { form: /^\d{4}-(0[1-9]|1[0-2])$/, value: (line) => line.period },
  issueDate: { form: /^\d{4}-\d{2}-\d{2}$/, value: (line) => line.values['erp-invoice-date'] },
  validationDate: { form: /^\d{4}-\d{2}-\d{2}$/, value: (line) => line.values['validation-date'] },
  subscriptionDate: { form: /^\d{4}-\d{2}-\d{2}$/, value: (line) => line.values['subscription-start-date'] },
  createdAt: { form: /^\d{4}-\d{2}-\d{2}$/, value: (line) => line.values['order-creation-date'] },
};

/** The filters of a sync request, refused where ArrowSphere would not know what they mean. */
export function checkFilters(filters: unknown, behaviour: EmulatorBehaviour): ExportFilters {
  if (filters === undefined || filters === null || (Array.isArray(filters) && filters.length === 0)) return {};
  if (typeof filters !== 'object' || Array.isArray(filters)) throw badRequest('filters must be an object');
  for (const [name, value] of Object.entries(filters)) {
    if (name in LISTS) checkList(name, value, behaviour);
    else if (name in RANGES) checkRange(name, value);
    else if (name !== 'arrowSku' || typeof value !== 'string') {
      throw badRequest(`Filter ${name} is not known or has the wrong form`, 'INVALID_FILTER');
    }
  }
  return filters as ExportFilters;
}

function checkList(name: string, value: unknown, behaviour: EmulatorBehaviour): void {
  if (!Array.isArray(value) || value.some((one) => typeof one !== 'string')) {
    throw badRequest(`Filter ${name} must be a list of texts`, 'INVALID_FILTER');
  }
  if (name === 'classifications' && behaviour.classificationFilter === 'refused') {
    throw badRequest('Filter classifications is not available for this account', 'INVALID_FILTER');
  }
}

function checkRange(name: string, value: unknown): void {
  const { from, to } = (value ?? {}) as { from?: unknown; to?: unknown };
  const form = RANGES[name]?.form as RegExp;
  if (typeof from !== 'string' || typeof to !== 'string' || !form.test(from) || !form.test(to) || from > to) {
    throw badRequest(`Filter ${name} must be a range {from, to}`, 'INVALID_FILTER');
  }
}

function testsOf(filters: ExportFilters): Test[] {
  return Object.entries(filters).map(([name, value]): Test => {
    const list = LISTS[name];
    if (list) {
      const wanted = new Set((value as string[]).map((one) => one.toLowerCase()));
      return (line) => wanted.has((list(line) ?? '').toLowerCase());
    }
    const range = RANGES[name];
    if (!range) return (line) => line.values['arrow-sku'] === value;
    const { from, to } = value as { from: string; to: string };
    return (line) => {
      const at = range.value(line)?.slice(0, from.length) ?? '';
      return at >= from && at <= to;
    };
  });
}

/** Per source and filter: the numbers of the lines that pass, so that page 900 does not cost 900 times page 1. */
const selections = new WeakMap<ExportLineSource, Map<string, Uint32Array>>();

/** The partner's lines that pass the filters, in their order. */
export function selectLines(request: ApiRequest, filters: ExportFilters): Rows<ExportLine> {
  const { exportLines } = request.data;
  const { reference } = request.partner;
  const tests: Test[] = [(line) => line.partnerReference === reference, ...testsOf(filters)];
  const passes = (line: ExportLine) => tests.every((test) => test(line));
  if (Array.isArray(exportLines)) return exportLines.filter(passes);

  const narrowed = exportLines.select?.(filters, reference);
  if (narrowed) return { length: narrowed.total, at: (index) => narrowed.lineAt(index) };
  const known = selections.get(exportLines) ?? new Map<string, Uint32Array>();
  selections.set(exportLines, known);
  const key = JSON.stringify([reference, filters]);
  let numbers = known.get(key);
  if (!numbers) {
    numbers = numbersOf(exportLines, passes);
    known.set(key, numbers);
  }
  const chosen = numbers;
  return { length: chosen.length, at: (index) => exportLines.lineAt(chosen[index] as number) };
}

function numbersOf(source: ExportLineSource, passes: Test): Uint32Array {
  const numbers = new Uint32Array(source.total);
  let count = 0;
  for (let index = 0; index < source.total; index += 1) {
    if (passes(source.lineAt(index))) numbers[count++] = index;
  }
  return numbers.slice(0, count);
}
