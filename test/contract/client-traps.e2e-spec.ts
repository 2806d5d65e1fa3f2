import { STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';
import { arrowCustomer } from '../../emulator/data.js';
import { callOf, readContract } from './contract.js';
import { Wire, type WireAnswer } from './wire.js';
import { World, type Seeded } from './world.js';

const PORTAL = 'https://portal.example';

/** What broke the official clients on other servers, each as its own sentence. */
describe('The traps of the official clients', () => {
  let app: TestApp;
  let world: World;
  let wire: Wire;

  beforeAll(async () => {
    app = await startApp({ CORS_ORIGINS: PORTAL });
    world = await World.furnish(app);
    wire = new Wire(app.url);
  });

  afterAll(async () => {
    wire?.close();
    world?.close();
    await app?.stop();
  });

  const send = (method: string, path: string, headers: Record<string, string> = {}): Promise<WireAnswer> =>
    wire.send(method, path, { headers: { authorization: `Token ${STAFF_TOKEN}`, ...headers } });
  const read = <T>({ text }: WireAnswer) => JSON.parse(text) as T;

  describe('null and absent keys', () => {
    it('leaves out a suggestion nobody can make: the Python client crashes on null', async () => {
      world.emulator.data.customers.push(arrowCustomer({ Reference: 'XSP300009', CompanyName: 'Zzyzx Quuxworks' }));
      const { suggestions } = read<{ suggestions: { arrow_customer: { reference: string } }[] }>(
        await send('GET', '/api/admin/arrow/customer-mappings/available_customers/?refresh=true'),
      );
      const lonely = suggestions.find(({ arrow_customer: customer }) => customer.reference === 'XSP300009');
      expect(lonely).toBeDefined();
      expect(lonely).not.toHaveProperty('suggested_waldur_customer');
    });

    it('leaves out the keys of a plan that is not there, and answers null for the plan itself', async () => {
      const vendor = await world.post('/api/admin/arrow/vendor-offering-mappings/', {
        settings: world.settings.uuid,
        arrow_vendor_name: 'Planless',
        offering: world.offering.uuid,
      });
      const [row] = read<object[]>(
        await send('GET', '/api/admin/arrow/vendor-offering-mappings/?arrow_vendor_name=planless'),
      );
      for (const answer of [vendor, row]) {
        expect(answer).toHaveProperty('plan', null);
        expect(answer).not.toHaveProperty('plan_uuid');
        expect(answer).not.toHaveProperty('plan_name');
      }
    });
  });

  describe('the caller', () => {
    it('has an address that is a text, as no client of it takes null; of other users it may be null', async () => {
      const me = read<Seeded>(await send('GET', '/api/users/me/'));
      expect(me.ip_address).toBe('');
      expect(read<Seeded>(await send('GET', `/api/users/${me.uuid}/`)).ip_address).toBeNull();
    });
  });

  describe('links and UUIDs', () => {
    it('answers UUIDs to a create and links to everything else: the Python client parses each as what it is', async () => {
      const created = await world.post('/api/admin/arrow/customer-mappings/', world.newMapping('XSP-LINKS'));
      expect(created.settings).toBe(world.settings.uuid);
      expect(created.waldur_customer).toBe(world.otherCustomer.uuid);
      const retrieved = read<Seeded>(await send('GET', `/api/admin/arrow/customer-mappings/${created.uuid}/`));
      expect(retrieved.settings).toBe(world.settings.url);
      expect(retrieved.waldur_customer).toBe(world.otherCustomer.url);
    });

    it('takes the bare UUID that the portal sends where a link is documented', async () => {
      const { uuid } = await world.post('/api/admin/arrow/customer-mappings/', world.newMapping('XSP-PATCH'));
      const changed = await world.send('PATCH', `/api/admin/arrow/customer-mappings/${uuid}/`, {
        waldur_customer: world.customer.uuid,
      });
      expect(read<Seeded>(changed).waldur_customer).toBe(world.customer.url);
    });
  });

  describe('lists', () => {
    it('orders by o=-created and o=created', async () => {
      const uuids = async (order: string) =>
        read<Seeded[]>(await send('GET', `/api/customers/?o=${order}`)).map(({ uuid }) => uuid);
      expect(await uuids('-created')).toEqual((await uuids('created')).reverse());
      expect((await uuids('created')).slice(0, 2)).toEqual([world.customer.uuid, world.otherCustomer.uuid]);
    });

    it('cuts rows down to repeated field keys', async () => {
      const rows = read<object[]>(await send('GET', '/api/customers/?field=uuid&field=name'));
      for (const row of rows) expect(Object.keys(row).sort()).toEqual(['name', 'uuid']);
    });

    it('cuts down rows too that lack the keys that others have, instead of answering those rows whole', async () => {
      const rows = read<object[]>(
        await send('GET', '/api/admin/arrow/vendor-offering-mappings/?field=plan_name&o=arrow_vendor_name'),
      );
      expect(rows.filter((row) => Object.keys(row).length === 0).length).toBeGreaterThan(0);
      expect(rows).toContainEqual({ plan_name: 'Monthly' });
      for (const row of rows) expect(['', 'plan_name']).toContain(Object.keys(row).join());
    });

    it('keeps what the clients cannot do without in a sparse list of mappings', async () => {
      const rows = read<object[]>(await send('GET', '/api/admin/arrow/customer-mappings/?field=arrow_reference'));
      for (const row of rows) {
        expect(Object.keys(row).sort()).toEqual([
          'arrow_reference',
          'settings_uuid',
          'url',
          'uuid',
          'waldur_customer_uuid',
        ]);
      }
    });

    it('answers JSON of exactly this media type, errors too: the JavaScript client hands back a stream otherwise', async () => {
      const paths = [
        '/api/customers/',
        '/api/customers/nowhere/',
        '/api/nowhere/',
        '/api/customers/?page=99',
        '/api/projects/?customer=x',
      ];
      const answers = await Promise.all(paths.map((path) => send('GET', path)));
      expect(answers.map(({ status }) => status)).toEqual([200, 404, 404, 404, 400]);
      for (const { headers } of answers) expect(headers['content-type']?.split(';')[0]).toBe('application/json');
    });

    it.each(['text/html', 'text/csv', 'text/*', 'application/xml, text/html;q=0.9', 'application/json;q=0'])(
      'cannot answer %s, and says so before anything else',
      async (accept) => {
        const answer = await wire.send('GET', '/api/customers/', { headers: { accept } });
        expect([answer.status, answer.text]).toEqual([
          406,
          '{"detail":"Could not satisfy the request Accept header."}',
        ]);
      },
    );

    it('answers CSV to whoever asks for it twice: by format and by Accept', async () => {
      const answer = await send('GET', '/api/admin/arrow/billing-syncs/unlinked_spend/?format=csv', {
        accept: 'text/csv',
      });
      expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/csv; charset=utf-8; header=present']);
    });

    it('finds neighbours by their UUID in the free-text filter', async () => {
      for (const [path, { uuid }] of [
        ['/api/customers/', world.customer],
        ['/api/projects/', world.project],
        ['/api/marketplace-resources/', world.resource],
      ] as const) {
        for (const text of [uuid, uuid.replaceAll('-', '')])
          expect(read<Seeded[]>(await send('GET', `${path}?query=${text}`)).map((row) => row.uuid)).toEqual([uuid]);
      }
    });

    it('lists the six collections at the address above them, to every user', async () => {
      const { text } = await wire.send('GET', '/api/admin/arrow/', {
        headers: { authorization: `Token ${world.tokens.ordinary}` },
      });
      const links = JSON.parse(text) as Record<string, string>;
      expect(Object.keys(links)).toEqual([
        'settings',
        'customer-mappings',
        'vendor-offering-mappings',
        'billing-syncs',
        'billing-sync-items',
        'consumption-records',
      ]);
      for (const link of Object.values(links)) expect((await send('GET', new URL(link).pathname)).status).toBe(200);
    });

    it('serves a URL without its last slash, and answers 404 in JSON where nothing is', async () => {
      const [with_, without] = await Promise.all([send('GET', '/api/customers/'), send('GET', '/api/customers')]);
      expect([without.status, without.text]).toEqual([200, with_.text]);
      expect(without.headers.link).toBe(with_.headers.link);
      expect(read(await send('GET', '/api/nowhere/'))).toEqual({ detail: 'Not found.' });
    });
  });

  describe('browsers', () => {
    it('lets the configured origin read the paging headers, when to come back and how a file is called', async () => {
      const { headers } = await send('GET', '/api/customers/', { origin: PORTAL });
      expect(headers['access-control-allow-origin']).toBe(PORTAL);
      const exposed = String(headers['access-control-expose-headers']).toLowerCase().split(/,\s*/);
      expect(exposed).toEqual(expect.arrayContaining(['link', 'x-result-count', 'retry-after', 'content-disposition']));
    });

    it('answers its preflight without a token, for every method and header the clients send', async () => {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        const { status, headers } = await wire.send('OPTIONS', '/api/admin/arrow/customer-mappings/', {
          headers: {
            origin: PORTAL,
            'access-control-request-method': method,
            'access-control-request-headers': 'authorization,content-type',
          },
        });
        expect(status).toBeLessThan(300);
        expect(headers['access-control-allow-origin']).toBe(PORTAL);
        expect(String(headers['access-control-allow-methods'])).toContain(method);
        const allowed = String(headers['access-control-allow-headers']).toLowerCase().split(/,\s*/);
        expect(allowed).toEqual(
          expect.arrayContaining([
            'accept',
            'authorization',
            'content-type',
            'x-requested-with',
            'x-impersonated-user-uuid',
            'sentry-trace',
            'baggage',
          ]),
        );
      }
    });

    it.each([
      '/api/admin/arrow/customer-mappings/',
      '/api/admin/arrow/customer-mappings/00000000-0000-4000-8000-000000000000/',
      '/api/admin/arrow/customer-mappings/sync_from_arrow/',
    ])('answers OPTIONS %s that is no preflight to whoever is known, and to nobody else', async (path) => {
      const known = await send('OPTIONS', path, { origin: PORTAL });
      expect([known.status, read<object>(known)]).toEqual([
        200,
        expect.objectContaining({ renders: ['application/json'] }),
      ]);
      expect(known.headers.allow).toContain('OPTIONS');
      expect(known.headers['access-control-allow-origin']).toBe(PORTAL);
      const unknown = await wire.send('OPTIONS', path);
      expect([unknown.status, unknown.text]).toEqual([
        401,
        '{"detail":"Authentication credentials were not provided."}',
      ]);
      expect((await send('OPTIONS', '/api/nowhere/')).status).toBe(404);
    });

    it('names no other origin', async () => {
      const { headers } = await send('GET', '/api/customers/', { origin: 'https://elsewhere.example' });
      expect(headers['access-control-allow-origin']).not.toBe('https://elsewhere.example');
      expect(headers['access-control-allow-origin']).not.toBe('*');
    });
  });

  describe('HEAD', () => {
    const operations = Object.values(readContract().operations).map(callOf);
    const counts = operations.filter(({ method }) => method === 'HEAD').map(({ path }) => path);
    /** Lists that the contract gives no count of, and that have one all the same. */
    const more = [
      '/api/customers/',
      '/api/projects/',
      '/api/marketplace-provider-offerings/',
      '/api/marketplace-resources/',
    ];

    const counted = async (method: string, path: string) => {
      let answer: WireAnswer;
      const statements = await app.statements(async () => {
        answer = await send(method, path);
      });
      return { answer: answer!, statements };
    };

    it('is there for every GET of the contract whose address names no object, but for who-am-I', () => {
      const gets = operations.filter(({ method, path }) => method === 'GET' && !path.includes('{uuid}'));
      expect([...counts, ...more, '/api/users/me/'].sort()).toEqual(gets.map(({ path }) => path).sort());
    });

    it.each([...counts, ...more])(
      '%s: the same status and headers as GET, no body, rows only counted',
      async (path) => {
        const [get, head] = [await counted('GET', `${path}?page_size=1`), await counted('HEAD', `${path}?page_size=1`)];
        expect([head.answer.status, head.answer.text]).toEqual([200, '']);
        const kept = ({ headers }: WireAnswer) => {
          const own = ['date', 'x-request-id', 'content-length', 'keep-alive', 'connection', 'age'];
          return Object.fromEntries(Object.entries(headers).filter(([name]) => !own.includes(name)));
        };
        expect(kept(head.answer)).toEqual(kept(get.answer));
        expect(head.answer.headers).not.toHaveProperty('content-length');
        expect(head.answer.headers['x-result-count']).toMatch(/^\d+$/);
        // All names have to be known to be counted: most come from ArrowSphere.
        if (path.endsWith('/vendor_choices/')) expect(head.statements).toHaveLength(get.statements.length);
        else if (head.statements.length >= get.statements.length) {
          expect(head.statements).toHaveLength(get.statements.length);
          expect(head.statements.at(-1)).toMatch(/^SELECT COUNT\(/i);
        }
      },
    );

    it.each([
      '/api/admin/arrow/customer-mappings/?page=99',
      '/api/admin/arrow/customer-mappings/?settings_uuid=x',
      '/api/nowhere/',
    ])('%s fails as GET does, without a body', async (path) => {
      const [get, head] = await Promise.all([send('GET', path), send('HEAD', path)]);
      expect([head.status, head.text]).toEqual([get.status, '']);
      expect(get.status).toBeGreaterThanOrEqual(400);
    });
  });
});

describe('Browsers, where no origin is configured', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app?.stop());

  it('are told nothing', async () => {
    const wire = new Wire(app.url);
    const { headers } = await wire.send('GET', '/api/customers/', {
      headers: { origin: PORTAL, authorization: `Token ${STAFF_TOKEN}` },
    });
    wire.close();
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});
