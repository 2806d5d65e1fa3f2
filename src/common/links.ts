import { baseUrlOf } from './base-url.js';
import type { HttpRequest } from './http.js';
import { parseUrl } from './parse-url.js';
import { parseUuid, renderUuid } from './uuid.js';

/** A thing that has an address of its own: `static readonly path` of its entity, such as `/api/customers/`. */
export interface Addressable {
  readonly path: string;
}

/**
 * The path of a hyperlink in an answer. The answer's interceptor puts in front of it what the application is reached by;
 * anywhere else it is written as the path alone.
 */
export class Link extends String {}

/** Link to one object or, without a UUID, to its collection; declared as the text that it is in the answer. */
export function hyperlink(to: Addressable, uuid?: string): string {
  return new Link(uuid === undefined ? to.path : `${to.path}${renderUuid(uuid)}/`) as unknown as string;
}

/** What an application is reached by. */
export class PublicAddress {
  /** The path that a proxy has put before ours; without a last slash, mostly blank. */
  readonly pathPrefix: string;

  /**
   * `publicUrl`: where hyperlinks begin, without a last slash; without it they begin as the request came, with one of
   * `hosts` (host names, or `*` for any).
   */
  constructor(
    private readonly publicUrl: string | undefined,
    private readonly hosts: readonly string[],
  ) {
    this.pathPrefix = (publicUrl && parseUrl(publicUrl)?.pathname.replace(/\/+$/, '')) ?? '';
  }

  /** Scheme, host and path that hyperlinks in the answer to a request begin with, without a last slash. */
  baseFor(request: HttpRequest): string {
    return this.publicUrl ?? baseUrlOf(request, this.hosts);
  }
}

/** Puts `base` before every link in an answer, in place. */
export function completeLinks(answer: object, base: string): void {
  const fields = answer as Record<string, unknown>;
  for (const key of Object.keys(fields)) {
    const value = fields[key];
    if (value instanceof Link) fields[key] = `${base}${value.toString()}`;
    else if (typeof value === 'object' && value !== null) completeLinks(value, base);
  }
}

/** What a text that should point at an object turned out to be. */
export type ParsedLink =
  | { readonly kind: 'object'; readonly uuid: string }
  /** A UUID-shaped route of another kind of object. */
  | { readonly kind: 'other-route' }
  /** The right route, but no UUID in it. */
  | { readonly kind: 'not-a-uuid' }
  | { readonly kind: 'no-match' };

/**
 * Reads a hyperlink as Waldur does: the host is ignored, the path has to be the object's own, with the prefix that our
 * own links have or without it. A bare UUID is taken as well. `aliases` are further paths the same object is served under.
 */
export function parseLink(
  text: string,
  to: Addressable,
  { pathPrefix, aliases = [] }: { readonly pathPrefix: string; readonly aliases?: readonly string[] },
): ParsedLink {
  const bare = parseUuid(text);
  if (bare) return { kind: 'object', uuid: bare };
  let path = text;
  if (/^https?:\/\//i.test(text)) {
    const url = parseUrl(text);
    if (!url) return { kind: 'no-match' };
    path = url.pathname;
  }
  if (pathPrefix && path.startsWith(`${pathPrefix}/`)) path = path.slice(pathPrefix.length);
  const match = /^(\/api\/.+\/)([^/]+)\/?$/.exec(path);
  if (!match) return { kind: 'no-match' };
  const uuid = parseUuid(match[2]!);
  if (![to.path, ...aliases].includes(match[1]!)) return uuid ? { kind: 'other-route' } : { kind: 'no-match' };
  return uuid ? { kind: 'object', uuid } : { kind: 'not-a-uuid' };
}
