import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import 'reflect-metadata';

/** One route of the running application. */
export interface Route {
  method: string;
  /** With a slash at its end and `{uuid}` where an identifier stands. */
  path: string;
}

/** Open to everybody: whoever watches over the service has no token, nor has Waldur's web application before the login. */
export const OPEN_ROUTES = [
  'GET /health/live/',
  'GET /health/ready/',
  'GET /api/configuration/',
  'GET /api/roles/',
  'HEAD /api/roles/',
];

/** Open to everybody as well, but a token that is sent has to be good: who logs in may have none yet. */
export const ROUTES_WITHOUT_TOKEN = ['POST /api-auth/password/'];

/** Open to every active user. */
export const ROUTES_FOR_ANY_USER = ['GET /api/users/me/', 'GET /api/admin/arrow/', 'GET /api/version/'];

/** Every route of every controller the application has, whether its document names it or not. */
export function routesOf(app: NestFastifyApplication): Route[] {
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) => [...module.controllers.values()]);
  const routes = controllers.flatMap(({ metatype }) => routesOfController(metatype as Type<object>));
  return [...new Map(routes.map((route) => [`${route.method} ${route.path}`, route])).values()];
}

function routesOfController(controller: Type<object>): Route[] {
  const bases = [Reflect.getMetadata(PATH_METADATA, controller) as string | string[]].flat();
  const prototype = controller.prototype as Record<string, unknown>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    if (typeof handler !== 'function') return [];
    const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
    if (method === undefined) return [];
    const paths = [Reflect.getMetadata(PATH_METADATA, handler) as string | string[]].flat();
    return bases.flatMap((base) => paths.map((path) => ({ method: RequestMethod[method], path: joined(base, path) })));
  });
}

function joined(...parts: string[]): string {
  const path = parts.flatMap((part) => part.split('/')).filter(Boolean);
  return `/${path.map((part) => part.replace(/^:\w+$/, '{uuid}')).join('/')}/`.replace('//', '/');
}

/** Who calls, and with which header. */
export interface Caller {
  name: string;
  authorization?: string;
}

export interface Expectation {
  status: number;
  detail: string;
}

const STAFF_ONLY: Expectation = { status: 403, detail: 'You do not have permission to perform this action.' };
const NO_CREDENTIALS: Expectation = { status: 401, detail: 'Authentication credentials were not provided.' };
const BARE_KEY: Expectation = {
  status: 401,
  detail: `${NO_CREDENTIALS.detail} Write "Token" and a space before the key.`,
};
const SCOPE_MISSING = (needed: string, given: string): Expectation => ({
  status: 403,
  detail: `This request needs a token with the scope "${needed}"; this one has "${given}".`,
});
const unauthenticated = (detail: string): Expectation => ({ status: 401, detail });

/** Where whoever changes something changes users, tokens or keys. */
const ADMIN_PATHS = /^\/api\/(users|personal-access-tokens|admin\/arrow\/(settings|directory\/(import|moves)))\//;

/** Which scope a route asks of a token. */
function scopeOf({ method, path }: Route): string {
  if (method === 'GET' || method === 'HEAD') return 'read';
  return ADMIN_PATHS.test(path) ? 'admin' : 'operate';
}

/**
 * Every kind of caller: staff is let in everywhere, as far as the `scope` of its token goes; the others get exactly this
 * answer where staff is asked for.
 */
export function callersOf(
  tokens: Record<
    'staff' | 'support' | 'ordinary' | 'inactive' | 'read' | 'operate' | 'admin' | 'supportWithScope' | 'expired',
    string
  >,
): (Caller & { refused?: Expectation; scope?: 'read' | 'operate' | 'admin' })[] {
  const nobody = 'a'.repeat(40);
  return [
    { name: 'no token', refused: NO_CREDENTIALS },
    {
      name: 'bare key',
      authorization: tokens.staff,
      refused: BARE_KEY,
    },
    {
      name: 'other scheme',
      authorization: 'Basic YWRtaW46YWRtaW4=',
      refused: NO_CREDENTIALS,
    },
    {
      name: 'scheme alone',
      authorization: 'Token',
      refused: unauthenticated('Invalid token. No credentials provided.'),
    },
    {
      name: 'two keys',
      authorization: `Token ${tokens.staff} ${tokens.staff}`,
      refused: unauthenticated('Invalid token. Token string should not contain spaces.'),
    },
    { name: 'unknown token', authorization: `Token ${nobody}`, refused: unauthenticated('Invalid token.') },
    { name: 'unknown bearer', authorization: `Bearer ${nobody}`, refused: unauthenticated('Invalid token.') },
    {
      name: 'inactive user',
      authorization: `Token ${tokens.inactive}`,
      refused: unauthenticated('User inactive or deleted.'),
    },
    { name: 'ordinary user', authorization: `Token ${tokens.ordinary}`, refused: STAFF_ONLY },
    { name: 'support user', authorization: `Token ${tokens.support}`, refused: STAFF_ONLY },
    { name: 'staff', authorization: `Token ${tokens.staff}` },
    { name: 'staff as bearer', authorization: `Bearer ${tokens.staff}` },
    { name: 'staff as bearer token', authorization: `Bearer Token ${tokens.staff}` },
    { name: 'staff to read', authorization: `Token ${tokens.read}`, scope: 'read' },
    { name: 'staff to operate', authorization: `Bearer ${tokens.operate}`, scope: 'operate' },
    { name: 'staff for everything', authorization: `Token ${tokens.admin}`, scope: 'admin' },
    {
      name: 'support user for everything',
      authorization: `Token ${tokens.supportWithScope}`,
      scope: 'admin',
      refused: STAFF_ONLY,
    },
    {
      name: 'staff with an expired token',
      authorization: `Token ${tokens.expired}`,
      refused: unauthenticated('Token has expired.'),
    },
  ];
}

/** What a caller should be told at a route; undefined where it is let in. */
export function expectationFor(
  route: Route,
  caller: { refused?: Expectation; scope?: 'read' | 'operate' | 'admin' },
): Expectation | undefined {
  const name = `${route.method} ${route.path}`;
  if (OPEN_ROUTES.includes(name)) return undefined;
  if (ROUTES_FOR_ANY_USER.includes(name) && caller.refused === STAFF_ONLY) return undefined;
  if (ROUTES_WITHOUT_TOKEN.includes(name) && [STAFF_ONLY, NO_CREDENTIALS, BARE_KEY].includes(caller.refused!))
    return undefined;
  if (caller.refused || !caller.scope || ROUTES_WITHOUT_TOKEN.includes(name)) return caller.refused;
  const [needed, ladder] = [scopeOf(route), ['read', 'operate', 'admin']];
  return ladder.indexOf(needed) > ladder.indexOf(caller.scope) ? SCOPE_MISSING(needed, caller.scope) : undefined;
}
