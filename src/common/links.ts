import { baseUrlOf } from './base-url.js';
import type { HttpRequest } from './http.js';
import { parseUrl } from './parse-url.js';
import { parseUuid } from './uuid.js';
import type { Sentence, UuidFormatter } from './uuid-formatter.js';

/** A thing that has an address of its own: `static readonly path` of its entity, such as `/api/customers/`. */
export interface Addressable {
  readonly path: string;
  /** Waldur never has such a thing: beside one, it is reached below {@link OWN_PATH}. */
  readonly isOurs?: boolean;
}

/** What a proxy sends here where everything else goes to a Waldur. */
const OWN_PATH = '/api/admin/arrow/';

/** Paths that a Waldur has as well; of `docs` and `health`, what any site may have. */
const SHARED_PATH =
  /^\/(api\/(?:customers|projects|marketplace-[a-z-]+|invoices|users|personal-access-tokens|configuration|version|roles)|api-auth|docs|health)(?=[/?]|$)/;

/** Where a path of ours answers below {@link OWN_PATH}. */
export function belowOwnPath(path: string): string {
  return SHARED_PATH.test(path) ? `${OWN_PATH}${path.replace(/^\/(api\/)?/, '')}` : path;
}

/** The path that such a one stands for; any other one as it is. */
export function fromOwnPath(path: string): string {
  if (!path.startsWith(OWN_PATH)) return path;
  const rest = path.slice(OWN_PATH.length);
  return [`/api/${rest}`, `/${rest}`].find((each) => SHARED_PATH.test(each)) ?? path;
}

/**
 * The path of a hyperlink in an answer. The answer's interceptor puts in front of it what the application is reached by;
 * anywhere else it is written as the path alone.
 */
export class Link extends String {
  constructor(
    path: string,
    readonly isOurs = false,
  ) {
    super(path);
  }
}

/** An object that Waldur may have too, and that may be made here. */
type OwnedRow = { readonly uuid: string; readonly owner?: string };

/**
 * Link to one object or, without a UUID, to its collection; declared as the text that it is in the answer. Of a row that
 * may be Waldur's, `of` is the row itself: one that is made here is not found at Waldur.
 */
export function hyperlink(to: Addressable, of?: string | OwnedRow): string {
  const [uuid, isLocal] = typeof of === 'object' ? [of.uuid, of.owner === 'local'] : [of, false];
  const path = uuid === undefined ? to.path : `${to.path}${uuid}/`;
  return new Link(path, isLocal || to.isOurs) as unknown as string;
}

/** What an application is reached by. */
export class PublicAddress {
  /** The path that a proxy has put before ours; without a last slash, mostly blank. */
  readonly pathPrefix: string;

  /**
   * `publicUrl`: where hyperlinks begin, without a last slash; without it they begin as the request came, with one of
   * `hosts` (host names, or `*` for any). `isBesideWaldur`: what is ours alone is linked to below {@link OWN_PATH}.
   */
  constructor(
    private readonly publicUrl: string | undefined,
    private readonly hosts: readonly string[],
    readonly isBesideWaldur = false,
  ) {
    this.pathPrefix = (publicUrl && parseUrl(publicUrl)?.pathname.replace(/\/+$/, '')) ?? '';
  }

  /** Scheme, host and path that hyperlinks in the answer to a request begin with, without a last slash. */
  baseFor(request: HttpRequest): string {
    return this.publicUrl ?? baseUrlOf(request, this.hosts);
  }

  /** Puts `base` before every link in an answer, and writes out what else is marked in it, in place. */
  completeTexts(answer: object, base: string, uuids: UuidFormatter): void {
    completeTexts(answer, (text) => {
      if (!(text instanceof Link)) return uuids.sentences(text.toString(), text.uuids);
      const path = uuids.text(text.toString());
      return `${base}${this.isBesideWaldur && text.isOurs ? belowOwnPath(path) : path}`;
    });
  }
}

/** Writes every marked text in an answer out, in place. */
function completeTexts(answer: object, complete: (text: Link | Sentence) => string): void {
  const fields = answer as Record<string, unknown>;
  for (const key of Object.keys(fields)) {
    const value = fields[key];
    if (value instanceof String) fields[key] = complete(value as Link | Sentence);
    else if (typeof value === 'object' && value !== null) completeTexts(value, complete);
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
  path = fromOwnPath(path);
  const match = /^(\/api\/.+\/)([^/]+)\/?$/.exec(path);
  if (!match) return { kind: 'no-match' };
  const uuid = parseUuid(match[2]!);
  if (![to.path, ...aliases].includes(match[1]!)) return uuid ? { kind: 'other-route' } : { kind: 'no-match' };
  return uuid ? { kind: 'object', uuid } : { kind: 'not-a-uuid' };
}
