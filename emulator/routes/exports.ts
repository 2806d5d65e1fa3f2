import { DATE_COLUMNS, EXPORT_COLUMNS } from '../export-columns.js';
import { checkFilters, selectLines } from '../export-filters.js';
import { ApiFailure, type ApiReply, type ApiRequest, badRequest, notFound } from '../http.js';
import type { EmulatorExportType, ExportLine } from '../model.js';
import { cut, positiveInteger } from '../paging.js';

const DATE_FORMATS = ['DD-MM-YYYY', 'DD/MM/YYYY', 'MM/DD/YYYY'];

function envelope(request: ApiRequest, endpointTitle: string, data: unknown, pagination?: unknown): ApiReply {
  const code = request.data.behaviour.billingCode;
  const body = { code, message: 'success', endpointTitle, data, ...(pagination ? { pagination } : {}) };
  return { status: 200, body };
}

const ownTypes = ({ data, partner }: ApiRequest) =>
  data.exportTypes.filter(({ partnerReference }) => partnerReference === partner.reference);

export function listExportTypes(request: ApiRequest): ApiReply {
  const types = ownTypes(request);
  const asList = request.data.behaviour.exportTypesAs === 'list';
  // PHP writes a map without entries as a list.
  const asMap = types.length === 0 ? [] : Object.fromEntries(types.map(({ reference, name }) => [reference, name]));
  const exportTypes = asList ? types.map(({ reference, name }) => ({ reference, name })) : asMap;
  return envelope(request, 'ERP export types', { exportTypes });
}

function findType(request: ApiRequest, reference: string): EmulatorExportType {
  const type = ownTypes(request).find((candidate) => candidate.reference === reference);
  if (!type) throw notFound(`Export type ${reference} not found`, 'EXPORT_TYPE_NOT_FOUND');
  return type;
}

export function getExportType(request: ApiRequest, reference: string): ApiReply {
  const { name, columns } = findType(request, reference);
  return envelope(request, 'ERP export type', { name, columns });
}

export function listColumns(request: ApiRequest): ApiReply {
  return envelope(request, 'ERP export columns', { columns: EXPORT_COLUMNS });
}

/** `POST sync`: one page of lines, every cell text or null, under the labels of the export type. */
export function syncExport(request: ApiRequest): ApiReply {
  const body = request.body as Record<string, unknown> | null | undefined;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw badRequest('The body must be an object');
  const { exportTypeReference } = body;
  if (typeof exportTypeReference !== 'string' || exportTypeReference === '') {
    throw badRequest('exportTypeReference is required', 'MISSING_PARAMETER');
  }
  const type = findType(request, exportTypeReference);
  const { behaviour } = request.data;
  const fromQuery = behaviour.exportPageFrom === 'query';
  const asked = positiveInteger('page', fromQuery ? request.query.get('page') : body.page, 1);
  const { maxExportPerPage } = behaviour;
  const perPage = positiveInteger('perPage', fromQuery ? request.query.get('perPage') : body.perPage, maxExportPerPage);
  if (perPage > maxExportPerPage) throw badRequest(`perPage must not exceed ${maxExportPerPage}`);
  const format = dateFormat(body.outputFormat);
  const filters = checkFilters(body.filters, behaviour);
  const lines = selectLines(request, filters);
  if (lines.length === 0 && behaviour.emptyExport === 'error') {
    throw new ApiFailure(404, 'No data found for the requested filters', 'NO_DATA');
  }
  const page = cut(lines, asked, perPage, request);
  const columns = Object.keys(type.columns);
  const data = {
    headers: Object.values(type.columns),
    values: page.rows.map((line) => columns.map((column) => cell(line, column, format))),
  };
  return envelope(request, 'ERP export', data, {
    perPage,
    currentPage: page.current,
    total: page.total,
    totalPages: page.totalPages,
  });
}

function dateFormat(outputFormat: unknown): string {
  const asked = (outputFormat as { date?: unknown } | undefined)?.date;
  if (asked === undefined) return 'DD/MM/YYYY';
  if (!DATE_FORMATS.includes(asked as string)) {
    throw badRequest(`outputFormat.date must be one of ${DATE_FORMATS.join(', ')}`);
  }
  return asked as string;
}

function cell(line: ExportLine, column: string, format: string): string | null {
  const value = line.values[column] ?? null;
  if (value === null || !DATE_COLUMNS.has(column)) return value;
  const parts = /^(\d{4})-(\d{2})-(\d{2})/.exec(value);
  if (!parts) return value;
  const [, year, month, day] = parts as unknown as [string, string, string, string];
  return format.replace('DD', day).replace('MM', month).replace('YYYY', year);
}
