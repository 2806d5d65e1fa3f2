import 'reflect-metadata';
import { type DynamicModule, RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, MODULE_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { AUDITED } from '../../src/audit/audited.js';
import { ACCESS_RULE, type AccessRule, ADMIN_SCOPE } from '../../src/auth/access.js';
import { scopeNeeded, type TokenScope } from '../../src/auth/scopes.js';

/** A handler and the address it answers at. */
export interface Route {
  /** `CustomersController.list` */
  readonly handler: string;
  readonly method: string;
  /** With a slash at its end below `/api/`, and `{uuid}` where an identifier stands. */
  readonly path: string;
  /** `undefined`: the route says nothing, and is refused. */
  readonly access: AccessRule | undefined;
  /** What a token has to be for; `undefined`: none is asked for. */
  readonly scope: TokenScope | undefined;
  readonly summary: string | undefined;
  /** What the audit trail calls it. */
  readonly action: string | undefined;
}

type Imported = Type<object> | DynamicModule;

/** Every controller that a module and what it imports bring, without starting any of them. */
export function controllersOf(root: Imported, seen = new Set<Type<object>>()): Type<object>[] {
  const dynamic = 'module' in root ? root : undefined;
  const module = dynamic?.module ?? (root as Type<object>);
  if (seen.has(module)) return [];
  seen.add(module);
  const stated = (key: 'imports' | 'controllers') => [
    ...((Reflect.getMetadata(key, module) as Imported[] | undefined) ?? []),
    ...((dynamic?.[key] as Imported[] | undefined) ?? []),
  ];
  const own = stated(MODULE_METADATA.CONTROLLERS as 'controllers') as Type<object>[];
  const imported = stated(MODULE_METADATA.IMPORTS as 'imports').filter(
    (each) => typeof each === 'function' || 'module' in each,
  );
  return [...own, ...imported.flatMap((each) => controllersOf(each, seen))];
}

/** Every route of a controller, those it inherits included. */
export function routesOf(controller: Type<object>): Route[] {
  const [base = ''] = [Reflect.getMetadata(PATH_METADATA, controller) as string | string[]].flat();
  return handlersOf(controller).map(([name, handler]) => {
    const [path = ''] = [Reflect.getMetadata(PATH_METADATA, handler) as string | string[]].flat();
    const summary = Reflect.getMetadata('swagger/apiOperation', handler) as { summary?: string } | undefined;
    const stated = (key: string) => [handler, controller].map((each): unknown => Reflect.getMetadata(key, each));
    const access = stated(ACCESS_RULE).find(Boolean) as AccessRule | undefined;
    const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod];
    const isClosed = access === 'staff' || access === 'any-user';
    return {
      handler: `${controller.name}.${name}`,
      method,
      path: joined(base, path),
      access,
      scope: isClosed ? scopeNeeded(method, stated(ADMIN_SCOPE).includes(true)) : undefined,
      summary: summary?.summary,
      action: Reflect.getMetadata(AUDITED, handler) as string | undefined,
    };
  });
}

function handlersOf(controller: Type<object>): [string, object][] {
  const found = new Map<string, object>();
  for (
    let proto = controller.prototype as object;
    Object.getPrototypeOf(proto) !== null;
    proto = Object.getPrototypeOf(proto) as object
  ) {
    for (const [name, { value }] of Object.entries<PropertyDescriptor>(Object.getOwnPropertyDescriptors(proto))) {
      const isRoute = typeof value === 'function' && Reflect.hasMetadata(METHOD_METADATA, value as object);
      if (isRoute && !found.has(name)) found.set(name, value as object);
    }
  }
  return [...found];
}

function joined(...parts: string[]): string {
  const path = parts.flatMap((part) => part.split('/')).filter(Boolean);
  const text = path.map((part) => part.replace(/^:(\w+)$/, '{$1}')).join('/');
  return text.startsWith('api') ? `/${text}/` : `/${text}`;
}

const WHO: Record<AccessRule, string> = {
  public: 'everybody',
  'token-optional': 'everybody',
  'any-user': 'any user',
  staff: 'staff',
};

/** The table of `docs/routes.md`, by path. */
export function routeTable(routes: readonly Route[]): string {
  const rows = routes
    .toSorted((a, b) =>
      a.path === b.path ? ORDER.indexOf(a.method) - ORDER.indexOf(b.method) : a.path < b.path ? -1 : 1,
    )
    .map(
      ({ method, path, summary, access, scope }) =>
        `| ${method} | ${path} | ${summary ?? ''} | ${access ? WHO[access] : '?'} | ${scope ?? ''} |`,
    );
  return [
    '# Routes',
    '',
    'Written by `npm run docs:routes`; a test fails when it is out of date. Every GET also answers HEAD. Swagger UI is at',
    '`/docs`, the document at `/docs/openapi.json` and `/docs/openapi.yaml`.',
    '',
    '| Method | Path | What | For | Scope of the token |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

const ORDER = ['HEAD', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
