import { STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';
import { describeOnce } from '../support/describe-once.js';
import {
  callersOf,
  expectationFor,
  OPEN_ROUTES,
  ROUTES_FOR_ANY_USER,
  ROUTES_WITHOUT_TOKEN,
  routesOf,
  type Route,
} from './access-matrix.js';
import { callOf, readContract } from './contract.js';
import { Wire, type WireAnswer } from './wire.js';

/** An identifier that is nowhere: staff is let in and finds nothing. */
const NO_MATCH_UUID = '00000000-0000-4000-8000-000000000000';

/** Collections that nobody writes to. */
const readOnly = [
  ['POST', `/api/admin/arrow/billing-syncs/${NO_MATCH_UUID}/`],
  ['PATCH', '/api/admin/arrow/billing-sync-items/'],
  ['POST', '/api/admin/arrow/consumption-records/'],
] as [string, string][];

/** What whoever is let in may be told: that nothing is there at an address of nobody, and an answer of its own elsewhere. */
function isFitFor({ method, path }: Route, { status, text }: WireAnswer): boolean {
  if (path.includes('{uuid}')) {
    return (
      status === 404 && (method === 'HEAD' ? text === '' : /^\{"detail":"No \w+ matches the given query\."/.test(text))
    );
  }
  if (method === 'HEAD') return [200, 400].includes(status) && text === '';
  if (path.includes('/export/')) return status === 200 && text.startsWith('uuid,');
  const parsed = JSON.parse(text) as unknown;
  // A file comes as a form, which an empty body is not.
  if (path.endsWith('/directory/import/') && method === 'POST') return status === 415;
  if (method === 'GET') return (status === 200 || status === 400) && typeof parsed === 'object';
  return [200, 201, 202, 400].includes(status) && typeof parsed === 'object';
}

describeOnce('Who may do what', () => {
  let app: TestApp;
  let wire: Wire;
  let routes: Route[];
  let callers: ReturnType<typeof callersOf>;

  beforeAll(async () => {
    app = await startApp({ FAILED_ATTEMPTS_PER_ADDRESS: '0' });
    wire = new Wire(app.url);
    routes = routesOf(app.app);
    const post = async (path: string, fields: object) => {
      const headers = { authorization: `Token ${STAFF_TOKEN}`, 'content-type': 'application/json' };
      const { text } = await wire.send('POST', path, { headers, body: JSON.stringify(fields) });
      return JSON.parse(text) as { uuid: string; token: string };
    };
    const create = async (username: string, fields: object) =>
      (await post('/api/users/', { username, ...fields })).token;
    const named = async (scope: string, fields: object = {}) =>
      (await post('/api/personal-access-tokens/', { name: scope, scopes: [scope], ...fields })).token;
    const support = await post('/api/users/', { username: 'support', is_support: true });
    callers = callersOf({
      staff: STAFF_TOKEN,
      support: support.token,
      ordinary: await create('ordinary', {}),
      inactive: await create('inactive', { is_staff: true, is_active: false }),
      read: await named('read'),
      operate: await named('operate'),
      admin: await named('admin'),
      supportWithScope: await named('admin', { user: support.uuid }),
      expired: await named('admin', { name: 'expired', expires_at: new Date(Date.now() + 3_600_000).toISOString() }),
    });
    await app.database.query(`UPDATE auth_token SET expires_at = now() - interval '1 hour' WHERE name = 'expired'`);
  });

  afterAll(async () => {
    wire?.close();
    await app?.stop();
  });

  it('covers every operation of the contract, and every route there is beyond it', () => {
    const known = new Set(routes.map(({ method, path }) => `${method} ${path}`));
    const operations = Object.values(readContract().operations);
    expect(operations.map(({ call }) => call).filter((call) => !known.has(call))).toEqual([]);
    expect(operations.every((operation) => callOf(operation).path.endsWith('/'))).toBe(true);
  });

  it('knows of open routes only what there is', () => {
    const known = routes.map(({ method, path }) => `${method} ${path}`);
    const open = [...OPEN_ROUTES, ...ROUTES_WITHOUT_TOKEN, ...ROUTES_FOR_ANY_USER];
    expect(open.filter((route) => !known.includes(route))).toEqual([]);
  });

  it('tells every active user who it is', async () => {
    for (const [name, username] of [
      ['ordinary user', 'ordinary'],
      ['support user', 'support'],
      ['staff', 'admin'],
    ]) {
      const { authorization } = callers.find((caller) => caller.name === name)!;
      const answer = await wire.send('GET', '/api/users/me/', { headers: { authorization: authorization! } });
      expect([answer.status, (JSON.parse(answer.text) as { username: string }).username]).toEqual([200, username]);
    }
  });

  it('answers every kind of caller at every route as it should', async () => {
    const wrong: string[] = [];
    for (const route of routes) {
      const answers = callers.map(async (caller) => {
        const path = route.path.replaceAll('{uuid}', NO_MATCH_UUID);
        const headers: Record<string, string> = {
          ...(caller.authorization ? { authorization: caller.authorization } : {}),
        };
        const answer = await wire.send(route.method, path, { headers });
        const where = `${route.method} ${route.path} for ${caller.name}: ${answer.status} ${answer.text.slice(0, 120)}`;
        const expected = expectationFor(route, caller);
        if (!expected) {
          if (!isFitFor(route, answer)) wrong.push(where);
          return;
        }
        const text = route.method === 'HEAD' ? '' : JSON.stringify({ detail: expected.detail });
        if (answer.status !== expected.status || answer.text !== text)
          wrong.push(`${where}, not ${expected.status} ${text}`);
        const challenge = expected.status === 401 ? 'Token' : undefined;
        if (answer.headers['www-authenticate'] !== challenge)
          wrong.push(`${where}: WWW-Authenticate ${answer.headers['www-authenticate']}`);
      });
      await Promise.all(answers);
    }
    expect(wrong).toEqual([]);
  });

  it.each<[string, string]>([
    ['PUT', '/api/admin/arrow/customer-mappings/'],
    ['DELETE', '/api/admin/arrow/customer-mappings/'],
    ['POST', `/api/admin/arrow/customer-mappings/${NO_MATCH_UUID}/`],
    ...readOnly,
  ])('%s %s is no method of the route: 401 without a token, 405 for any user', async (method, path) => {
    const send = (caller?: string) => {
      const authorization = callers.find(({ name }) => name === caller)?.authorization;
      return wire.send(method, path, authorization ? { headers: { authorization } } : {});
    };
    expect((await send()).status).toBe(401);
    for (const caller of ['ordinary user', 'staff']) {
      const answer = await send(caller);
      expect([answer.status, answer.text]).toEqual([405, `{"detail":"Method \\"${method}\\" not allowed."}`]);
      expect(answer.headers.allow).toContain('GET');
    }
  });
});
