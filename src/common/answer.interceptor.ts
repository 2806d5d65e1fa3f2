import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { Count, Counted, Page, type PageInfo } from './page.js';
import { baseUrl } from './links.js';

/**
 * Writes the headers that answers carry: `X-Result-Count` and `Link` of lists, whose items go out as a bare array, and
 * `Location` of new objects.
 */
@Injectable()
export class AnswerInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      map((answer) => {
        if (answer instanceof Counted) {
          reply.headers({ 'X-Result-Count': String(answer.total), ...answer.headers });
          return (answer.body as unknown) ?? unread(reply);
        }
        if (!(answer instanceof Page) && !(answer instanceof Count)) {
          const url = (answer as { url?: unknown } | undefined)?.url;
          if (reply.statusCode === 201 && typeof url === 'string') reply.header('Location', url);
          return answer;
        }
        reply.headers({ 'X-Result-Count': String(answer.total), Link: linkHeader(request.url, answer) });
        return answer instanceof Page ? sparse(answer) : unread(reply);
      }),
    );
  }
}

/** HEAD where things are counted and not read: the type is known, the length is not. */
function unread(reply: FastifyReply): undefined {
  reply.header('Content-Type', 'application/json; charset=utf-8');
}

/** Node's own client takes 16 KB of headers at most, and this one repeats the query up to four times. */
const LONGEST_LINK_HEADER = 12_000;

/**
 * The `Link` header as Waldur's clients cut it up: first, prev, next, last; joined by comma and space. Only prev and
 * next where a long query would make it longer than clients read.
 */
export function linkHeader(requestUrl: string, { total, page, pageSize }: PageInfo): string {
  const { pathname: path, search } = splitUrl(requestUrl);
  const given = new URLSearchParams(search);
  given.delete('page');
  given.sort();
  const base = `${baseUrl()}${path.endsWith('/') ? path : `${path}/`}`;
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

/** The items with only the keys asked for; all of them where none of the names is known. */
function sparse({ items, fields, keep }: Page<unknown>): readonly unknown[] {
  if (!fields?.length) return items;
  return items.map((item) => pick(item as object, fields, keep));
}

/** An object with only the keys asked for, in its own order; whole if none of them is known. */
export function pick<T extends object>(
  item: T,
  fields: readonly string[] | undefined,
  keep: readonly string[] = [],
): Partial<T> {
  const known = Object.keys(item).filter((key) => fields?.includes(key));
  if (known.length === 0) return item;
  const entries = Object.entries(item).filter(([key]) => known.includes(key) || keep.includes(key));
  return Object.fromEntries(entries) as Partial<T>;
}
