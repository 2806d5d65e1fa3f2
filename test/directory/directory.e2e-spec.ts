import { processorTime } from '../support/processor-time.js';
import { STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';
import { untilOneWaits } from '../support/lock-waiters.js';

const NOBODY = '00000000-0000-4000-8000-000000000000';
const hex = (uuid: string) => uuid.replaceAll('-', '');
const linkOf = (path: string, uuid: string, base = '') => `${base}/api/${path}/${uuid}/`;

/** What keys have that Waldur's types require and nothing is kept for. */
const SAME_IN_EVERY_ROW = ['[]', '{}', '""', 'null', 'false', 'true'];

/** Everything that a collection of the directory is expected to do alike. */
interface Collection {
  readonly path: string;
  readonly model: string;
  /** A valid body for create, with whatever it refers to. */
  readonly valid: () => Promise<Record<string, unknown>>;
  readonly required: string[];
  readonly change: Record<string, unknown>;
  readonly keys: string[];
}

describe('The directory', () => {
  let app: TestApp;
  let make: Builders;

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
  });
  afterAll(() => app?.stop());

  const collections: Collection[] = [
    {
      path: 'customers',
      model: 'Customer',
      valid: () => Promise.resolve({ name: 'Acme', country: 'ee', email: 'it@acme.example' }),
      required: ['name'],
      change: { abbreviation: 'AC' },
      keys: [
        'url uuid name abbreviation native_name display_name email backend_id registration_code country',
        'country_name created',
      ],
    },
    {
      path: 'projects',
      model: 'Project',
      valid: async () => ({ name: 'Cloud', customer: (await make.customer()).uuid }),
      required: ['name', 'customer'],
      change: { name: 'Cloud 2' },
      keys: [
        'url uuid name customer customer_uuid customer_name customer_native_name customer_abbreviation backend_id created',
      ],
    },
    {
      path: 'marketplace-provider-offerings',
      model: 'Offering',
      valid: async () => ({ name: 'Azure', customer: (await make.customer()).url }),
      required: ['name'],
      change: { state: 'Paused' },
      keys: [
        'url uuid name type state customer customer_uuid customer_name backend_id options resource_options',
        'plans created',
      ],
    },
    {
      path: 'marketplace-plans',
      model: 'Plan',
      valid: async () => ({ name: 'Monthly', offering: (await make.offering()).uuid }),
      required: ['offering', 'name'],
      change: { unit: 'day' },
      keys: [
        'url uuid name unit is_active init_price switch_price organization_groups components',
        'prices future_prices quotas plan_type minimal_price offering offering_uuid resources_count created',
      ],
    },
    {
      path: 'marketplace-resources',
      model: 'Resource',
      valid: async () => {
        const plan = await make.plan();
        return { name: 'VM', project: (await make.project()).url, offering: plan.offering_uuid, plan: plan.url };
      },
      required: ['name', 'project', 'offering'],
      change: { state: 'Erred' },
      keys: [
        'url uuid name state backend_id offering offering_uuid offering_name offering_type offering_state plan',
        'plan_uuid plan_name plan_unit project project_uuid project_name customer_uuid customer_name created modified',
      ],
    },
  ];

  describe.each(collections)('$path', ({ path, model, valid, required, change, keys }) => {
    const base = `/api/${path}/`;

    it('creates, finds, changes, lists and deletes', async () => {
      const created = await app.api.post(base, await valid());
      expect(created).toMatchObject({ status: 201, headers: expect.anything() });
      const kept = keys.join(' ').split(' ');
      expect(Object.keys(created.body).slice(0, kept.length)).toEqual(kept);
      const others = Object.entries(created.body).slice(kept.length);
      expect(others.filter(([, value]) => !SAME_IN_EVERY_ROW.includes(JSON.stringify(value)))).toEqual([]);
      expect(created.headers.get('location')).toBe(created.body.url);
      expect(created.body.url).toBe(linkOf(path, created.body.uuid, app.url));

      for (const address of [
        created.body.url,
        `${base}${hex(created.body.uuid)}`,
        `${base}${created.body.uuid.toUpperCase()}/`,
      ]) {
        expect(await app.api.get(address)).toMatchObject({ status: 200, body: created.body });
      }
      const head = await app.api.head(created.body.url);
      expect([head.status, head.body]).toEqual([200, '']);

      const changed = await app.api.patch(created.body.url, change);
      const now = (await app.api.get(created.body.url)).body;
      expect([changed.status, changed.body]).toEqual([200, now]);
      expect(now).toMatchObject(change);
      for (const nothing of [{}, undefined]) {
        expect(await app.api.patch(created.body.url, nothing)).toMatchObject({ status: 200, body: { name: now.name } });
      }

      const listed = await app.api.get(`${base}?page_size=300`);
      expect(listed.body.map(({ uuid }: { uuid: string }) => uuid)).toContain(created.body.uuid);
      expect((await app.api.head(base)).headers.get('x-result-count')).toBe(listed.headers.get('x-result-count'));

      expect((await app.api.delete(created.body.url)).status).toBe(204);
      for (const method of ['GET', 'PATCH', 'DELETE']) {
        const { status, body } = await app.api.send(method, created.body.url);
        expect([status, body]).toEqual([404, { detail: `No ${model} matches the given query.` }]);
      }
    });

    it('names every required field that is missing, and refuses blank and overlong names', async () => {
      const { status, body } = await app.api.post(base, {});
      expect([status, body]).toEqual([
        400,
        Object.fromEntries(required.map((field) => [field, ['This field is required.']])),
      ]);
      const given = await valid();
      const blank = await app.api.post(base, { ...given, name: ' ' });
      expect(blank.body).toEqual({ name: ['This field may not be blank.'] });
      const long = await app.api.post(base, { ...given, name: 'x'.repeat(1000) });
      expect(long.body.name[0]).toMatch(/^Ensure this field has no more than \d+ characters\.$/);
    });

    it('cuts lists and objects down to the keys asked for, in their own order', async () => {
      const { body: made } = await app.api.post(base, await valid());
      const { body: list } = await app.api.get(`${base}?field=name&field=uuid&field=nonsense&o=name`);
      for (const item of list) expect(Object.keys(item)).toEqual(['uuid', 'name']);
      const { body: one } = await app.api.get(`${made.url}?field=name,uuid`);
      expect(one).toEqual({ uuid: made.uuid, name: made.name });
      const { body: whole } = await app.api.get(`${made.url}?field=nonsense`);
      expect(whole).toEqual(made);
    });

    it('lists by name and by age, up and down, and ignores unknown orders', async () => {
      for (const name of ['b', 'a', 'c']) await app.api.post(base, { ...(await valid()), name: `Order ${name}` });
      const names = async (o: string) =>
        (await app.api.get(`${base}?name=Order%20&field=name&o=${o}`)).body.map(({ name }: { name: string }) => name);
      expect(await names('name')).toEqual(['Order a', 'Order b', 'Order c']);
      expect(await names('-name')).toEqual(['Order c', 'Order b', 'Order a']);
      expect(await names('created')).toEqual(['Order b', 'Order a', 'Order c']);
      expect((await names('constructor')).sort()).toEqual(['Order a', 'Order b', 'Order c']);
    });

    it('takes as many statements for 60 rows as for 3', async () => {
      await app.api.get(base);
      const measure = async () => {
        const { body } = await app.api.get(`${base}?page_size=1`);
        const count = async (work: () => Promise<unknown>) => (await app.statements(work)).length;
        return [
          await count(() => app.api.get(`${base}?page_size=300`)),
          await count(() => app.api.get(body[0].url)),
          await count(() => app.api.head(base)),
        ];
      };
      const given = await valid();
      for (let i = 0; i < 3; i++) await app.api.post(base, given);
      const few = await measure();
      for (let i = 0; i < 57; i++) await app.api.post(base, given);
      expect(await measure()).toEqual(few);
    });
  });

  describe('pages', () => {
    const base = '/api/customers/';
    const at = async (query: string) => {
      const { status, headers, body } = await app.api.get(`${base}?name=Page%20&${query}`);
      return { status, count: headers.get('x-result-count'), link: headers.get('link'), body };
    };
    const url = (query: string) => `<${app.url}${base}?${query}>`;

    beforeAll(async () => {
      for (let i = 1; i <= 29; i++) await make.customer({ name: `Page ${String(i).padStart(2, '0')}` });
    });

    it('say what comes first, before, next and last, in that order, with sorted and encoded queries', async () => {
      const { status, count, link } = await at('z=1,2;3&page=2&page_size=5&a=%C3%B5 +');
      const query = (page?: number) =>
        url(`a=%C3%B5%20%20&name=Page%20${page ? `&page=${page}` : ''}&page_size=5&z=1%2C2%3B3`);
      expect([status, count]).toEqual([200, '29']);
      expect(link).toBe(
        `${query()}; rel="first", ${query()}; rel="prev", ${query(3)}; rel="next", ${query(6)}; rel="last"`,
      );
    });

    it('leave out what is not there', async () => {
      const first = await at('page_size=20');
      const query = (page?: number) => url(`name=Page%20${page ? `&page=${page}` : ''}&page_size=20`);
      expect(first.link).toBe(`${query()}; rel="first", ${query(2)}; rel="next", ${query(2)}; rel="last"`);
      const last = await at('page_size=20&page=last');
      expect(last.link).toBe(`${query()}; rel="first", ${query()}; rel="prev", ${query(2)}; rel="last"`);
      expect(last.body.map(({ name }: { name: string }) => name)[0]).toBe('Page 21');
      expect(last.body).toHaveLength(9);
    });

    it('of nothing are one empty page', async () => {
      const { status, headers, body } = await app.api.get(`${base}?name=nobody`);
      const only = `<${app.url}${base}?name=nobody>`;
      expect([status, body, headers.get('x-result-count')]).toEqual([200, [], '0']);
      expect(headers.get('link')).toBe(`${only}; rel="first", ${only}; rel="last"`);
      expect((await app.api.get(`${base}?name=nobody&page=last`)).status).toBe(200);
      expect((await app.api.get(`${base}?name=nobody&page=2`)).status).toBe(404);
    });

    it.each([
      ['', 10],
      ['page_size=7', 7],
      ['page_size=', 10],
      ['page_size=0', 10],
      ['page_size=-3', 10],
      ['page_size=ten', 10],
      ['page_size=1e2', 10],
      ['page_size=99999999999999999999', 10],
      ['page_size=301', 29],
      ['page=&page_size=3', 3],
      ['page=1&page=2&page_size=20', 9],
    ])('%j hold %i rows', async (query, rows) => {
      expect((await at(query)).body).toHaveLength(rows);
    });

    it.each([
      'page=4',
      'page=0',
      'page=-1',
      'page=one',
      'page=1.5',
      'page=99999999999999999999',
      'page=1%00',
      'page=LAST',
    ])('%j are not there', async (query) => {
      const { status, body } = await at(query);
      expect([status, query.includes('%00') ? 400 : 404]).toEqual([query.includes('%00') ? 400 : 404, status]);
      if (status === 404) expect(body).toEqual({ detail: 'Invalid page.' });
      expect((await app.api.head(`${base}?name=Page%20&${query}`)).status).toBe(status);
    });

    it('are served without the last slash too, and link with it', async () => {
      const { status, headers } = await app.api.get('/api/customers?name=Page%2001');
      expect([status, headers.get('link')]).toEqual([
        200,
        `${url('name=Page%2001')}; rel="first", ${url('name=Page%2001')}; rel="last"`,
      ]);
    });

    it('are counted by HEAD with the same headers', async () => {
      const query = '?name=Page%20&page=2&page_size=5';
      const [get, head] = [await app.api.get(base + query), await app.api.head(base + query)];
      for (const name of ['x-result-count', 'link']) expect(head.headers.get(name)).toBe(get.headers.get(name));
      expect([head.status, head.body]).toEqual([200, '']);
    });
  });

  describe('links', () => {
    const links = async (headers: Record<string, string>) => {
      const { request } = await import('node:http');
      const url = new URL(`${app.url}/api/customers/?page_size=1`);
      return new Promise<{ link: string; url: string }>((resolve, reject) =>
        request(url, { headers: { Authorization: `Token ${STAFF_TOKEN}`, ...headers } }, (response) => {
          let text = '';
          response.on('data', (part: Buffer) => (text += part.toString()));
          response.on('end', () =>
            resolve({ link: String(response.headers.link), url: (JSON.parse(text) as { url: string }[])[0]!.url }),
          );
        })
          .on('error', reject)
          .end(),
      );
    };

    it('name the host that the client came by', async () => {
      const { link, url } = await links({ Host: 'localhost:8443' });
      expect(link).toMatch(/^<http:\/\/localhost:8443\/api\/customers\//);
      expect(url).toMatch(/^http:\/\/localhost:8443\/api\/customers\//);
    });

    it.each([
      ['Host', 'evil.example/path?'],
      ['Host', 'a"b'],
      ['Host', 'user@evil.example'],
      ['X-Forwarded-Proto', 'javascript'],
      ['X-Forwarded-Proto', 'https://evil.example/#'],
      ['X-Forwarded-Host', 'evil.example'],
    ])('never repeat what is no host or scheme: %s %j', async (header, value) => {
      const { link, url } = await links({ [header]: value });
      expect(`${link} ${url}`).not.toMatch(/evil|javascript|"b/);
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\/customers\/[0-9a-f-]{36}\/$/);
    });
  });

  describe('relations', () => {
    it('are taken as UUIDs and as links, dashed or not, relative or of any host, by alias too', async () => {
      const [offering, customer] = [await make.offering(), await make.customer()];
      for (const given of [
        customer.uuid,
        hex(customer.uuid).toUpperCase(),
        `urn:uuid:${customer.uuid}`,
        ` ${customer.url} `,
        linkOf('customers', hex(customer.uuid)),
        linkOf('customers', customer.uuid, 'https://waldur.example:8443'),
        linkOf('customers', customer.uuid, 'HTTP://waldur.example').replace(/\/$/, ''),
        `${customer.url}?x=1#y`,
      ]) {
        const made = await app.api.post('/api/projects/', { name: 'P', customer: given });
        expect(made).toMatchObject({ status: 201, body: { customer: customer.url, customer_uuid: customer.uuid } });
      }
      for (const alias of ['marketplace-public-offerings', 'marketplace-provider-offerings']) {
        const made = await app.api.post('/api/marketplace-plans/', {
          name: 'P',
          offering: linkOf(alias, offering.uuid),
        });
        expect(made).toMatchObject({ status: 201, body: { offering: offering.url } });
      }
    });

    it.each([
      [null, 'This field may not be null.'],
      ['', 'This field may not be null.'],
      [7, 'Incorrect type. Expected URL string, received int.'],
      [{ uuid: NOBODY }, 'Incorrect type. Expected URL string, received dict.'],
      [[NOBODY], 'Incorrect type. Expected URL string, received list.'],
      ['somewhere', 'Invalid hyperlink - No URL match.'],
      [`${NOBODY}0`, 'Invalid hyperlink - No URL match.'],
      [`ftp://x.example/api/customers/${NOBODY}/`, 'Invalid hyperlink - No URL match.'],
      [`//x.example/api/customers/${NOBODY}/`, 'Invalid hyperlink - No URL match.'],
      [`http://[bad/api/customers/${NOBODY}/`, 'Invalid hyperlink - No URL match.'],
      [`http://x.example/api/customers/../projects/${NOBODY}/`, 'Invalid hyperlink - Incorrect URL match.'],
      [`/api/projects/${NOBODY}/`, 'Invalid hyperlink - Incorrect URL match.'],
      ['/api/customers/acme/', 'Invalid hyperlink - Object does not exist.'],
      [`/api/customers/${NOBODY}/`, 'Invalid hyperlink - Object does not exist.'],
      [`/api/${'x/'.repeat(50_000)}`, 'Invalid hyperlink - No URL match.'],
      [`/api/${'/'.repeat(100_000)}\n`, 'Invalid hyperlink - No URL match.'],
    ])('that are %.80j are refused as Waldur refuses them', async (given, sentence) => {
      const { status, body } = await app.api.post('/api/projects/', { name: 'P', customer: given });
      expect([status, body]).toEqual([400, { customer: [sentence] }]);
    });

    it.each(['x/', '/'])('that are long repetitions of %s are read in a time that grows with them', async (part) => {
      const send = (times: number) => () =>
        app.api.post('/api/projects/', { name: 'P', customer: `/api/${part.repeat(times / part.length)}\n` });
      expect(await processorTime(send(100_000))).toBeLessThan(40 * (await processorTime(send(10_000))));
    });

    it('may be none where none is allowed', async () => {
      const offering = await make.offering({ customer: (await make.customer()).uuid });
      const { body } = await app.api.patch(offering.url, { customer: null });
      expect(body).toMatchObject({ customer: null, customer_uuid: null, customer_name: null });
      const resource = await make.resource({ plan: '' });
      expect(resource).toMatchObject({ plan_uuid: null, plan_name: null });
      expect(resource).not.toHaveProperty('plan');
    });

    it('to what is deleted at the same moment are a conflict, never a fault of ours', async () => {
      const customer = await make.customer();
      const runner = app.database.createQueryRunner();
      await runner.startTransaction();
      await runner.query('DELETE FROM customer WHERE uuid = $1', [customer.uuid]);
      const created = app.api.post('/api/projects/', { name: 'P', customer: customer.uuid });
      // PostgreSQL lets the request see the organisation, and then wait for the delete; the embedded database has one
      // session, so the request comes after it.
      if (app.kind === 'postgres') await untilOneWaits(app.variables.DATABASE_URL!);
      await runner.commitTransaction();
      await runner.release();
      const { status, body } = await created;
      if (app.kind === 'pglite') expect([status, Object.keys(body)]).toEqual([400, ['customer']]);
      else expect([status, body.code]).toEqual([409, 'related_object_gone']);
    });
  });

  describe('what is still in use', () => {
    it.each([
      [
        'customers',
        async () => (await make.project()).customer,
        /^The organisation ".+" cannot be deleted: project rows/,
      ],
      ['customers', async () => (await make.mapping()).waldur_customer_uuid, /customer mapping rows/],
      ['projects', async () => (await make.resource()).project, /^The project ".+" cannot be deleted: resource rows/],
      ['marketplace-provider-offerings', async () => (await make.plan()).offering, /^The offering ".+" .* plan rows/],
      ['marketplace-public-offerings', async () => (await make.resource()).offering_uuid, /resource rows/],
    ])('stays in %s: 409 with a sentence that says what', async (path, hang, sentence) => {
      const hung = await hang();
      const address = hung.startsWith('http') ? hung : linkOf(path, hung);
      const { status, body } = await app.api.delete(address);
      expect([status, body.code]).toEqual([409, 'object_in_use']);
      expect(body.detail).toMatch(sentence);
      expect(body.detail).toMatch(/still refer to it\. Remove those first\.$/);
      expect(body.error).toBe(body.detail);
      expect((await app.api.get(address)).status).toBe(200);
    });

    it('of plans that resources have, too', async () => {
      const plan = await make.plan();
      await make.resource({ offering: plan.offering_uuid, plan: plan.uuid });
      expect((await app.api.delete(plan.url)).status).toBe(409);
    });
  });

  describe('filters', () => {
    const uuids = async (path: string) => {
      const { status, body } = await app.api.get(path);
      return status === 200 ? (body as { uuid: string }[]).map(({ uuid }) => uuid) : body;
    };

    it('of organisations look at part of the names, the whole id, or anything', async () => {
      const one = await make.customer({
        name: 'Filter Öökull',
        abbreviation: 'FÖ',
        native_name: 'Öökull OÜ',
        backend_id: 'B/1',
      });
      const two = await make.customer({ name: 'Filter 100%', email: 'filter@two.example', registration_code: '77-F' });
      const find = (query: string) => uuids(`/api/customers/?${query}`);
      expect(await find('name=filter')).toEqual([two.uuid, one.uuid]);
      expect(await find('name=%25')).toEqual([two.uuid]);
      expect(await find(`name_exact=${encodeURIComponent('Filter Öökull')}`)).toEqual([one.uuid]);
      expect(await find('name_exact=filter%20100%25')).toEqual([]);
      expect(await find('abbreviation=f%C3%B6')).toEqual([one.uuid]);
      expect(await find('native_name=o%C3%9C')).toEqual([one.uuid]);
      expect(await find('backend_id=B%2F1')).toEqual([one.uuid]);
      expect(await find('query=two.example')).toEqual([two.uuid]);
      expect(await find('query=77-f')).toEqual([two.uuid]);
      expect(await find('name=filter&archived=true')).toEqual([]);
      expect(await find('name=filter&archived=false')).toEqual([two.uuid, one.uuid]);
    });

    it('of projects take several organisations', async () => {
      const [one, two] = [await make.project(), await make.project()];
      const find = (query: string) => uuids(`/api/projects/?${query}`);
      expect(await find(`customer=${one.customer_uuid}`)).toEqual([one.uuid]);
      expect(await find(`customer=${hex(one.customer_uuid)},${two.customer_uuid}`)).toEqual([two.uuid, one.uuid]);
      expect(await find(`customer=${one.customer_uuid}&customer=${two.customer_uuid}`)).toEqual([two.uuid, one.uuid]);
      expect(await find('customer=mine')).toEqual({ customer: ['Enter a valid UUID.'] });
      expect(
        await find(`customer_name=${encodeURIComponent(one.customer_name)}&name_exact=${encodeURIComponent(one.name)}`),
      ).toEqual([one.uuid]);
    });

    it('of resources follow the project to its organisation', async () => {
      const one = await make.resource({ backend_id: 'XSP1', state: 'Erred' });
      const two = await make.resource();
      const find = (query: string) => uuids(`/api/marketplace-resources/?${query}`);
      expect(await find(`customer_uuid=${one.customer_uuid}`)).toEqual([one.uuid]);
      expect(await find(`customer=${linkOf('customers', one.customer_uuid)}`)).toEqual([one.uuid]);
      expect(await find(`project_uuid=${hex(two.project_uuid)}`)).toEqual([two.uuid]);
      expect(await find(`offering_uuid=${one.offering_uuid}&offering_uuid=${two.offering_uuid}`)).toEqual([
        two.uuid,
        one.uuid,
      ]);
      expect(await find(`offering=${linkOf('marketplace-public-offerings', one.offering_uuid)}`)).toEqual([one.uuid]);
      expect(await find(`offering=${linkOf('customers', one.offering_uuid)}`)).toEqual([]);
      expect(await find('backend_id=XSP1')).toEqual([one.uuid]);
      expect(await find('backend_id=xsp')).toEqual([]);
      expect(await find('query=XSP1')).toEqual([one.uuid]);
      expect(await find(`state=Erred&project_uuid=${one.project_uuid}`)).toEqual([one.uuid]);
      expect(await find('state=Broken')).toEqual({
        state: ['Select a valid choice. Broken is not one of the available choices.'],
      });
    });

    it('order resources and projects by what they belong to, page by page; no plan comes after every plan', async () => {
      const offering = await make.offering({ name: 'Ordered' });
      const plans = [await make.plan({ offering: offering.uuid, name: 'P2' }), undefined, undefined];
      plans[1] = await make.plan({ offering: offering.uuid, name: 'P1' });
      const rows = [];
      for (const [at, letter] of ['b', 'c', 'a'].entries()) {
        const customer = await make.customer({
          name: `Belongs ${letter}`,
          abbreviation: `O${letter}`,
          native_name: `n${letter}`,
        });
        const project = await make.project({ customer: customer.uuid, name: `Belonging ${letter}` });
        const own = at === 2 ? await make.offering({ name: 'Early' }) : offering;
        const given = { project: project.uuid, offering: own.uuid, plan: plans[at]?.uuid, backend_id: `ORD-${letter}` };
        rows.push(await make.resource({ name: `Ordering ${at}`, ...given }));
      }
      const [b, c, a] = rows.map(({ uuid }) => uuid);
      const listed = async (path: string, o: string, pageSize = 2) => {
        const pages = [1, 2].map((page) => `${path}&o=${o}&page_size=${pageSize}&page=${page}`);
        return (await Promise.all(pages.map(uuids))).flat();
      };
      const resources = '/api/marketplace-resources/?name=Ordering%20';
      for (const o of ['backend_id', 'customer_name', 'project_name']) {
        expect([o, await listed(resources, o)]).toEqual([o, [a, b, c]]);
        expect([o, await listed(resources, `-${o}`)]).toEqual([o, [c, b, a]]);
      }
      expect(await listed(resources, 'plan_name')).toEqual([c, b, a]);
      expect(await listed(resources, '-plan_name')).toEqual([a, b, c]);
      expect(await listed(resources, 'offering_name,-customer_name,customer_name')).toEqual([a, c, b]);
      // The filter has joined the same tables already.
      expect(await uuids(`${resources}&customer_uuid=${rows[0].customer_uuid}&o=customer_name`)).toEqual([b]);
      const [pb, pc, pa] = rows.map(({ project_uuid }) => project_uuid);
      for (const o of ['customer_name', 'customer_abbreviation', 'customer_native_name']) {
        expect([o, await listed('/api/projects/?name=Belonging', o)]).toEqual([o, [pa, pb, pc]]);
        expect([o, await listed('/api/projects/?name=Belonging', `-${o}`)]).toEqual([o, [pc, pb, pa]]);
      }
    });

    it('of offerings and plans find by owner and type', async () => {
      const plan = await make.plan();
      expect(await uuids(`/api/marketplace-plans/?offering_uuid=${plan.offering_uuid}`)).toEqual([plan.uuid]);
      const offering = await make.offering({
        type: 'Marketplace.Odd',
        customer: (await make.customer()).uuid,
        state: 'Draft',
      });
      expect(await uuids('/api/marketplace-provider-offerings/?type=Marketplace.Odd&state=Draft&state=Active')).toEqual(
        [offering.uuid],
      );
      expect(await uuids(`/api/marketplace-public-offerings/?customer_uuid=${offering.customer_uuid}`)).toEqual([
        offering.uuid,
      ]);
      const { body } = await app.api.get(linkOf('marketplace-public-offerings', plan.offering_uuid));
      const { offering: _, offering_uuid: __, resources_count: ___, created: ____, ...shown } = plan;
      expect(body.plans).toEqual([shown]);
    });
  });

  it('finds plans by the link of their offering, counts their live resources, and takes every unit of Waldur', async () => {
    const offering = await make.offering();
    const plan = await make.plan({ offering: offering.url, unit: 'quarter' });
    await make.plan();
    const given = { offering: offering.uuid, plan: plan.uuid };
    for (const state of ['OK', 'Erred', 'Terminated']) await make.resource({ ...given, state });
    for (const route of ['marketplace-provider-offerings', 'marketplace-public-offerings']) {
      const link = encodeURIComponent(linkOf(route, offering.uuid, 'https://portal.example'));
      const { body } = await app.api.get(`/api/marketplace-plans/?offering=${link}`);
      expect(body).toMatchObject([{ uuid: plan.uuid, unit: 'quarter', resources_count: 2, is_active: true }]);
    }
    expect((await app.api.get('/api/marketplace-plans/?offering=nowhere')).body).toEqual([]);
    expect((await app.api.get(plan.url)).body.resources_count).toBe(2);
  });

  it.each(['ΐⳔ', 'ßa', 'ﬁ', 'E1', 'E', '-'])('refuses %s as the country of an organisation', async (country) => {
    const { url } = await make.customer({ country: 'lv' });
    for (const answer of [
      await app.api.patch(url, { country }),
      await app.api.post('/api/customers/', { name: 'Of nowhere', country }),
    ])
      expect([answer.status, answer.body]).toEqual([400, { country: [`"${country}" is not a valid choice.`] }]);
    expect((await app.api.get(url)).body.country).toBe('LV');
    expect((await app.api.patch(url, { country: '' })).body.country).toBe('');
  });

  it('refuses a plan of another offering, and words that are no choice', async () => {
    const [plan, offering, project] = [await make.plan(), await make.offering(), await make.project()];
    const body = { name: 'R', project: project.uuid, offering: offering.uuid };
    const other = await app.api.post('/api/marketplace-resources/', { ...body, plan: plan.url });
    expect([other.status, other.body]).toEqual([400, { plan: ['Plan must belong to the selected offering.'] }]);
    const state = await app.api.post('/api/marketplace-resources/', { ...body, state: 'ok' });
    expect([state.status, state.body]).toEqual([400, { state: ['"ok" is not a valid choice.'] }]);
  });

  it('shows resources as providers see them, and sets their licence reference', async () => {
    const resource = await make.resource();
    const address = linkOf('marketplace-provider-resources', resource.uuid);
    expect((await app.api.get(address)).body).toEqual(resource);
    const set = await app.api.post(`${address}set_backend_id/`, { backend_id: ' XSP12345 ' });
    expect([set.status, set.body]).toEqual([200, { status: 'Resource backend_id has been changed.' }]);
    expect((await app.api.get(resource.url)).body.backend_id).toBe('XSP12345');
    expect((await app.api.post(`${address}set_backend_id/`, {})).body).toEqual({
      backend_id: ['This field is required.'],
    });
    expect((await app.api.post(`${address}set_backend_id/`, { backend_id: '' })).status).toBe(200);
    const nobody = await app.api.post(`${linkOf('marketplace-provider-resources', NOBODY)}set_backend_id/`, '{');
    expect([nobody.status, nobody.body]).toEqual([404, { detail: 'No Resource matches the given query.' }]);
  });

  it('lists orders, which nobody writes here', async () => {
    const resource = await make.resource();
    const { body: me } = await app.api.get('/api/users/me/');
    const [{ uuid }] = await app.database.query(
      `INSERT INTO marketplace_order (type, state, resource_uuid, created_by_uuid, completed_at)
       VALUES ('Create', 'done', $1, $2, '2026-08-01T12:30:15.120Z') RETURNING uuid`,
      [resource.uuid, me.uuid],
    );
    const { status, body } = await app.api.get(linkOf('marketplace-orders', uuid));
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({
        uuid,
        state: 'done',
        resource_uuid: resource.uuid,
        customer_uuid: resource.customer_uuid,
        created_by_username: 'admin',
        completed_at: '2026-08-01T12:30:15.120000+00:00',
      }),
    ]);
    for (const [query, found] of [
      [`resource_uuid=${resource.uuid}`, 1],
      [`project_uuid=${resource.project_uuid}&state=done&state=erred`, 1],
      ['state=erred', 0],
    ] as const) {
      expect((await app.api.get(`/api/marketplace-orders/?${query}`)).body).toHaveLength(found);
    }
    expect((await app.api.post('/api/marketplace-orders/', {})).status).toBe(405);
    const stays = await app.api.delete(resource.url);
    expect(stays.body.detail).toMatch(/ cannot be deleted: order rows still refer to it/);
  });
});
