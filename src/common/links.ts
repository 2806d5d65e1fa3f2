import { parseUrl } from './parse-url.js';
import { currentRequest } from './request-context.js';
import { parseUuid, renderUuid } from './uuid.js';

/** A thing that has an address of its own: `static readonly path` of its entity, such as `/api/customers/`. */
export interface Addressable {
  readonly path: string;
}

let fallbackBaseUrl = '';

/** The base of hyperlinks made outside a request (jobs); `PUBLIC_URL` or where the service listens. */
export function setFallbackBaseUrl(url: string): void {
  fallbackBaseUrl = url;
}

/** Scheme and host of hyperlinks, without a last slash: the request's, where it names a usable one. */
export function baseUrl(): string {
  return currentRequest()?.baseUrl || fallbackBaseUrl;
}

/** The path that a proxy has put before ours, as `PUBLIC_URL` says; without a last slash, mostly blank. */
export function pathPrefix(base = baseUrl()): string {
  return parseUrl(base)?.pathname.replace(/\/+$/, '') ?? '';
}

/** Absolute link to one object, as it stands in answers. */
export function hyperlink(to: Addressable, uuid: string): string {
  return `${baseUrl()}${to.path}${renderUuid(uuid)}/`;
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
export function parseLink(text: string, to: Addressable, aliases: readonly string[] = []): ParsedLink {
  const bare = parseUuid(text);
  if (bare) return { kind: 'object', uuid: bare };
  let path = text;
  if (/^https?:\/\//i.test(text)) {
    const url = parseUrl(text);
    if (!url) return { kind: 'no-match' };
    path = url.pathname;
  }
  const prefix = pathPrefix();
  if (prefix && path.startsWith(`${prefix}/`)) path = path.slice(prefix.length);
  const match = /^(\/api\/.+\/)([^/]+)\/?$/.exec(path);
  if (!match) return { kind: 'no-match' };
  const uuid = parseUuid(match[2]!);
  if (![to.path, ...aliases].includes(match[1]!)) return uuid ? { kind: 'other-route' } : { kind: 'no-match' };
  return uuid ? { kind: 'object', uuid } : { kind: 'not-a-uuid' };
}
