import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  StreamableFile,
} from '@nestjs/common';
import { map, type Observable } from 'rxjs';
import { RowsFile } from './csv.js';
import type { HttpReply, HttpRequest } from './http.js';
import { PublicAddress } from './links.js';
import { Count, Counted, Page, type PageInfo } from './page.js';
import { Requests } from './requests.js';
import { UuidFormatter } from './uuid-formatter.js';

/**
 * Makes of what a route answers what goes out: hyperlinks in full, UUIDs in the application's format, and the headers
 * that answers carry: `X-Result-Count` and `Link` of lists, whose items go out as a bare array, and `Location` of new
 * objects.
 */
@Injectable()
export class AnswerInterceptor implements NestInterceptor {
  constructor(
    private readonly requests: Requests,
    private readonly address: PublicAddress,
    private readonly uuids: UuidFormatter,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const reply = context.switchToHttp().getResponse<HttpReply>();
    const answering = this.requests.run(this.requests.of(request, reply), () => next.handle());
    return answering.pipe(map((answer) => this.finish(answer, request, reply)));
  }

  private finish(answer: unknown, request: HttpRequest, reply: HttpReply): unknown {
    if (typeof answer !== 'object' || answer === null || answer instanceof StreamableFile) return answer;
    if (answer instanceof RowsFile) return answer.stream(this.uuids);
    return this.uuids.answer(this.bodyOf(answer, request, reply));
  }

  private bodyOf(answer: object, request: HttpRequest, reply: HttpReply): unknown {
    const base = this.address.baseFor(request);
    this.address.completeTexts(answer, base, this.uuids);
    if (answer instanceof Counted) {
      write(reply, { 'X-Result-Count': String(answer.total), ...answer.headers });
      return answer.body ?? unread(reply);
    }
    if (answer instanceof Page || answer instanceof Count) {
      write(reply, { 'X-Result-Count': String(answer.total), Link: linkHeader(base, request.originalUrl, answer) });
      return answer instanceof Page ? sparse(answer) : unread(reply);
    }
    const { url } = answer as { url?: unknown };
    if (reply.statusCode === 201 && typeof url === 'string') reply.header('Location', url);
    return answer;
  }
}

function write(reply: HttpReply, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
}

/** HEAD where things are counted and not read: the type is known, the length is not. */
function unread(reply: HttpReply): undefined {
  reply.header('Content-Type', 'application/json; charset=utf-8');
}

/** Node's own client takes 16 KB of headers at most, and this one repeats the query up to four times. */
const LONGEST_LINK_HEADER = 12_000;

/**
 * The `Link` header as Waldur's clients cut it up: first, prev, next, last; joined by comma and space. Only prev and
 * next where a long query would make it longer than clients read.
 */
function linkHeader(baseUrl: string, requestUrl: string, { total, page, pageSize }: PageInfo): string {
  const { pathname: path, search } = splitUrl(requestUrl);
  const given = new URLSearchParams(search);
  given.delete('page');
  given.sort();
  const base = `${baseUrl}${path.endsWith('/') ? path : `${path}/`}`;
  const last = Math.max(1, Math.ceil(total / pageSize));
  const link = (rel: string, number: number) => {
    const query = new URLSearchParams(given);
    if (number > 1) query.set('page', String(number));
    query.sort();
    const text = query.toString().replaceAll('+', '%20');
    return `<${base}${text ? `?${text}` : ''}>; rel="${rel}"`;
  };
  const neighbours = [...(page > 1 ? [link('prev', page - 1)] : []), ...(page < last ? [link('next', page + 1)] : [])];
  const all = [link('first', 1), ...neighbours, link('last', last)].join(', ');
  return all.length > LONGEST_LINK_HEADER ? neighbours.join(', ') : all;
}

/** A query may hold further question marks; they are part of its values. */
function splitUrl(url: string): { pathname: string; search: string } {
  const at = url.indexOf('?');
  return at < 0 ? { pathname: url, search: '' } : { pathname: url.slice(0, at), search: url.slice(at + 1) };
}

/** The items with only the keys asked for; all of them where no item has any of these. */
function sparse({ items, fields = [], keep }: Page<unknown>): readonly unknown[] {
  if (!items.some((item) => hasAnyOf(item as object, fields))) return items;
  const keys = new Set([...fields, ...keep]);
  return items.map((item) => cut(item as object, keys));
}

/** An object with only the keys asked for, in its own order; whole if none of them is known. */
export const pick = <T extends object>(item: T, fields: readonly string[] = []): Partial<T> =>
  hasAnyOf(item, fields) ? cut(item, new Set(fields)) : item;

const hasAnyOf = (item: object, fields: readonly string[]) => fields.some((field) => Object.hasOwn(item, field));

const cut = <T extends object>(item: T, keys: ReadonlySet<string>) =>
  Object.fromEntries(Object.entries(item).filter(([key]) => keys.has(key))) as Partial<T>;
