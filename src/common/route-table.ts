import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RequestError } from './http-errors.js';

interface Pattern {
  readonly regexp: RegExp;
  readonly methods: Set<string>;
}

/** The media type of an XLSX file. */
export const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** Longer ones could not be answered: the `Link` header repeats them, and clients read 16 KB of headers at most. */
const LONGEST_URL = 5_000;

/** Which methods each path takes, so that a wrong one is told from a wrong path. Made before the routes are. */
export class RouteTable {
  private readonly fixed = new Map<string, Set<string>>();
  private readonly patterns = new Map<string, Pattern>();

  constructor(fastify: FastifyInstance) {
    fastify.addHook('onRoute', ({ url, method }) => {
      const path = withoutSlash(url);
      for (const verb of [method].flat()) this.add(path, verb);
    });
  }

  /**
   * Throws what has to be said before the route's own checks: 414, 406, 405 (after the caller is known), 404 for unknown
   * paths. Answers what OPTIONS is to be told, otherwise nothing. What reaches no route has its turn (`admit`) here.
   */
  async check(
    request: FastifyRequest,
    admit: () => Promise<unknown>,
    authenticate: () => Promise<unknown>,
  ): Promise<{ allow: string; body: object } | undefined> {
    if (request.url.length > LONGEST_URL)
      throw new RequestError(414, `The URL is too long: ${LONGEST_URL} characters at most.`);
    const [address = '', query = ''] = request.url.split('?', 2);
    const path = withoutSlash(address);
    if (isApiPath(path) && !isAcceptable(request.headers.accept, query)) {
      throw new RequestError(406, 'Could not satisfy the request Accept header.');
    }
    const fixed = this.fixed.get(path);
    const isOptions = request.method === 'OPTIONS';
    if (!isOptions && !request.is404 && (!fixed || fixed.has(request.method))) return undefined;
    await admit();
    const methods = fixed ?? this.methodsOf(path);
    if (!methods) throw new RequestError(404, 'Not found.');
    await authenticate();
    const allow = [...methods, 'OPTIONS'].sort().join(', ');
    if (isOptions) {
      return {
        allow,
        body: { name: path, description: '', renders: ['application/json'], parses: ['application/json'] },
      };
    }
    throw new RequestError(405, `Method "${request.method}" not allowed.`, { Allow: allow });
  }

  private add(path: string, method: string): void {
    // The preflight of every path there could be: it does not make the path exist.
    if (path === '*' || path === '/*') return;
    if (!path.includes(':') && !path.includes('*')) {
      this.fixed.set(path, (this.fixed.get(path) ?? new Set<string>()).add(method));
      return;
    }
    const regexp = new RegExp(`^${path.replace(/:\w+/g, '[^/]+').replaceAll('*', '.*')}$`);
    const pattern = this.patterns.get(path) ?? { regexp, methods: new Set<string>() };
    pattern.methods.add(method);
    this.patterns.set(path, pattern);
  }

  private methodsOf(path: string): Set<string> | undefined {
    return [...this.patterns.values()].find(({ regexp }) => regexp.test(path))?.methods;
  }
}

/** Whether a path is one of Waldur's: those end in a slash and answer JSON. */
export function isApiPath(path: string): boolean {
  return /^\/api(-auth)?\//.test(path);
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** Answers are JSON; lists also come as files. */
function isAcceptable(accept: string | undefined, query: string): boolean {
  if (!accept?.trim()) return true;
  const ours = ['*/*', 'application/*', 'application/json'];
  const formats = new URLSearchParams(query).getAll('format');
  if (formats.includes('csv')) ours.push('text/*', 'text/csv');
  if (formats.includes('xlsx')) ours.push(XLSX);
  return accept.split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const refused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    return !refused && ours.includes(type);
  });
}
