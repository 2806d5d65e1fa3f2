import type { FaultAction, PlannedAction, RetryAfter } from './faults.js';
import type { ApiReply, PagingTweaks } from './http.js';

type Json = Record<string, unknown>;
type Table = { headers: string[]; rows: unknown[][] };

export const HTML_PAGE =
  '<!DOCTYPE html>\n<html><head><title>Service Temporarily Unavailable</title></head>' +
  '<body><h1>Service Temporarily Unavailable</h1><p>Please try again later.</p></body></html>\n';

/** Faults of paging work before the answer is made. */
export function pagingTweaks(planned: readonly PlannedAction[]): PagingTweaks {
  const tweaks: PagingTweaks = {};
  for (const { action } of planned) {
    if (action.kind === 'ignored-page') tweaks.ignorePage = action.echo === 'asked' ? 'echo-asked' : 'echo-first';
    if (action.kind === 'endless-next') tweaks.endless = true;
    if (action.kind === 'shift-rows') tweaks.shiftRows = action.by ?? 1;
  }
  return tweaks;
}

export function retryAfterText(value: RetryAfter): string {
  if (typeof value === 'object') return new Date(Date.now() + value.dateIn * 1000).toUTCString();
  return String(value);
}

/** Bends a finished answer. Actions that concern the connection or paging leave it as it is. */
export function bendReply(reply: ApiReply, { action, nth }: PlannedAction, correlationId: string): ApiReply {
  switch (action.kind) {
    case 'status':
      return statusReply(action, correlationId);
    case 'redirect':
      return { status: action.status ?? 302, body: undefined, text: '', headers: { location: action.location } };
    case 'html':
      return { status: 200, body: undefined, text: HTML_PAGE, contentType: 'text/html; charset=utf-8' };
    case 'empty-body':
      return { status: 200, body: undefined, text: '' };
    case 'truncated-json': {
      const text = JSON.stringify(reply.body);
      return { ...reply, text: text.slice(0, Math.floor(text.length / 2)) };
    }
    case 'oversized':
      return bendBody(reply, (body) => ({ ...body, padding: 'x'.repeat(action.bytes ?? 64 * 1024 * 1024) }));
    case 'body-status': {
      const { status = 401, message = 'Unauthorized' } = action;
      return { status: 200, body: { status, message } };
    }
    case 'body-says': {
      const said = bendBody(reply, (body) => ({ ...body, ...action.keys }));
      return { ...(action.empty ? bendRows(said, () => []) : said), status: 200 };
    }
    case 'no-data':
      return bendBody(reply, ({ data: _data, results: _results, ...rest }) => rest);
    case 'null-data':
      return bendBody(reply, (body) => ({ ...body, ['results' in body ? 'results' : 'data']: null }));
    case 'wrong-totals':
      return bendTotals(
        reply,
        (total) => action.total ?? total,
        (pages) => action.totalPages ?? pages,
      );
    case 'changing-totals': {
      const { by = 1, byPages = 0 } = action;
      return bendTotals(
        reply,
        (total) => total + (nth - 1) * by,
        (pages) => pages + (nth - 1) * byPages,
      );
    }
    case 'drop-rows':
      return bendRows(reply, (rows) => {
        const count = action.count ?? 1;
        return action.from === 'start' ? rows.slice(count) : rows.slice(0, Math.max(0, rows.length - count));
      });
    case 'duplicate-rows':
      return bendRows(reply, (rows) => [...rows, ...rows.slice(-(action.count ?? 1))]);
    case 'short-rows':
      return bendTable(reply, ({ headers, rows }) => ({
        headers,
        rows: rows.map((row) => row.slice(0, Math.max(0, row.length - (action.by ?? 1)))),
      }));
    case 'long-rows':
      return bendTable(reply, ({ headers, rows }) => ({
        headers,
        rows: rows.map((row) => [...row, ...Array<string>(action.by ?? 1).fill('surplus')]),
      }));
    case 'duplicate-header':
      return bendTable(reply, ({ headers, rows }) => {
        const index = action.header === undefined ? 0 : headers.indexOf(action.header);
        if (index < 0) return { headers, rows };
        return { headers: [...headers, headers[index] as string], rows: rows.map((row) => [...row, row[index]]) };
      });
    case 'rename-columns':
      return bendTable(reply, ({ headers, rows }) => ({
        headers: headers.map((header) => action.names[header] ?? header),
        rows,
      }));
    case 'delay':
    case 'hang':
    case 'stall':
    case 'reset-before-headers':
    case 'reset-mid-body':
    case 'ignored-page':
    case 'endless-next':
    case 'shift-rows':
      return reply;
  }
}

function statusReply(action: Extract<FaultAction, { kind: 'status' }>, correlationId: string): ApiReply {
  const { status, body, html, retryAfter } = action;
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': retryAfterText(retryAfter) };
  if (html) {
    const text = typeof html === 'string' ? html : HTML_PAGE;
    return { status, body: undefined, text, contentType: 'text/html; charset=utf-8', headers };
  }
  const usual = { status, error: `Emulated failure ${status}`, errorCode: `EMULATED_${status}`, correlationId };
  return { status, body: body ?? usual, headers };
}

function bendBody(reply: ApiReply, bend: (body: Json) => Json): ApiReply {
  const { body } = reply;
  return typeof body === 'object' && body !== null ? { ...reply, body: bend(body as Json) } : reply;
}

function bendTotals(reply: ApiReply, total: (n: number) => number, pages: (n: number) => number): ApiReply {
  return bendBody(reply, (body) => {
    if (typeof body.pagination !== 'object' || body.pagination === null) return body;
    const pagination = { ...(body.pagination as Json) };
    for (const key of ['total_page', 'totalPage', 'totalPages']) {
      if (typeof pagination[key] === 'number') pagination[key] = pages(pagination[key]);
    }
    if (typeof pagination.total === 'number') pagination.total = total(pagination.total);
    return { ...body, pagination };
  });
}

/** The list of a listing, wherever its dialect keeps it. */
function bendRows(reply: ApiReply, bend: (rows: unknown[]) => unknown[]): ApiReply {
  return bendBody(reply, (body) => {
    if (Array.isArray(body.results)) return { ...body, results: bend(body.results) };
    if (Array.isArray(body.data)) return { ...body, data: bend(body.data) };
    const data = (body.data ?? {}) as Json;
    const key = ['customers', 'licenses', 'values', 'lines', 'details'].find((name) => Array.isArray(data[name]));
    return key ? { ...body, data: { ...data, [key]: bend(data[key] as unknown[]) } } : body;
  });
}

function bendTable(reply: ApiReply, bend: (table: Table) => Table): ApiReply {
  return bendBody(reply, (body) => {
    const data = (body.data ?? {}) as Json;
    const key = Array.isArray(data.values) ? 'values' : 'lines';
    if (!Array.isArray(data.headers) || !Array.isArray(data[key])) return body;
    const { headers, rows } = bend({ headers: data.headers as string[], rows: data[key] as unknown[][] });
    return { ...body, data: { ...data, headers, [key]: rows } };
  });
}
