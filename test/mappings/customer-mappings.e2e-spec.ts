import { arrowCustomer } from '../../emulator/data.js';
import { STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

const path = '/api/admin/arrow/customer-mappings/';
const NOBODY = '00000000-0000-4000-8000-000000000000';
const hex = (uuid: string) => uuid.replaceAll('-', '');

describe('Customer mappings', () => {
  let app: TestApp;
  let make: Builders;
  let settings: { uuid: string; url: string };
  let customer: { uuid: string; url: string; name: string };

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
    settings = await make.settings();
    customer = await make.customer({ name: 'Põhjala Tehnika OÜ' });
  });
  afterAll(() => app?.stop());

  let references = 0;
  const valid = (given: object = {}) => ({
    settings: settings.uuid,
    waldur_customer: customer.uuid,
    arrow_reference: `XSP${++references}`,
    ...given,
  });
  const create = async (given: object = {}) => {
    const { status, body } = await app.api.post(path, valid(given));
    expect(status).toBe(201);
    return body;
  };
  const rows = async () => Number((await app.database.query('SELECT count(*) FROM customer_mapping'))[0].count);

  describe('are created', () => {
    it('with UUIDs and answered with UUIDs, and found under their own link', async () => {
      const created = await app.api.post(path, {
        settings: settings.uuid,
        arrow_reference: ' XSP661245 ',
        waldur_customer: hex(customer.uuid),
      });
      expect(created).toMatchObject({
        status: 201,
        body: {
          settings: settings.uuid,
          settings_uuid: settings.uuid,
          arrow_reference: 'XSP661245',
          arrow_company_name: '',
          waldur_customer: customer.uuid,
          waldur_customer_uuid: customer.uuid,
          waldur_customer_name: 'Põhjala Tehnika OÜ',
          is_active: true,
        },
      });
      expect(created.headers.get('location')).toBe(created.body.url);
      const found = await app.api.get(created.body.url);
      expect(found.body).toEqual({ ...created.body, settings: settings.url, waldur_customer: customer.url });
    });

    it('with links too, whatever host they name', async () => {
      const created = await create({
        settings: `https://another.example:8443/api/admin/arrow/settings/${hex(settings.uuid)}/`,
        waldur_customer: `/api/customers/${customer.uuid}/`,
      });
      expect([created.settings, created.waldur_customer]).toEqual([settings.uuid, customer.uuid]);
    });

    it('without regard to read-only and unknown keys', async () => {
      const created = await create({
        uuid: NOBODY,
        url: 'http://elsewhere.example/',
        created: '2000-01-01',
        waldur_customer_name: 'Somebody else',
        settings_uuid: NOBODY,
        nonsense: { deep: [1, 2] },
      });
      expect(created.uuid).not.toBe(NOBODY);
      expect(created).toMatchObject({ settings_uuid: settings.uuid, waldur_customer_name: customer.name });
      expect(created).not.toHaveProperty('nonsense');
    });

    it('with numbers as text, words as booleans, and names in any script', async () => {
      const made = await create({ arrow_reference: 661246, arrow_company_name: ' 株式会社 🚀 ', is_active: 'no' });
      expect(made).toMatchObject({
        arrow_reference: '661246',
        arrow_company_name: '株式会社 🚀',
        is_active: false,
      });
    });

    describe('of one customer of ArrowSphere, however it is written', () => {
      const arrow = () => app.arrow.data.customers;
      beforeAll(() =>
        arrow().push(
          arrowCustomer({ Reference: 'XSP7700000', Ref: 'S-7', InternalReference: 'INT-0' }),
          arrowCustomer({ Reference: 'XSP7700001', Ref: 'twice' }),
          arrowCustomer({ Reference: 'XSP7700002', Ref: 'twice' }),
        ),
      );
      afterAll(() => (app.arrow.data.customers = arrow().filter(({ Reference }) => !Reference.startsWith('XSP77'))));

      it.each(['7700000', 'INT-0', 'int-0', 's-7', 'xsp7700000', 'XSP7700000\u200b', '\ufeffＸsp7700000'])(
        "with ArrowSphere's own reference for %j, and once only",
        async (text) => {
          const made = await create({ arrow_reference: text });
          expect(made.arrow_reference).toBe('XSP7700000');
          for (const again of ['XSP7700000', 'xsp7700000', 'XSP77\u200d00000', 'int-0']) {
            const { status, body } = await app.api.post(path, valid({ arrow_reference: again }));
            expect([status, body]).toEqual([
              400,
              { non_field_errors: ['The fields arrow_reference, settings must make a unique set.'] },
            ]);
          }
          const other = await create();
          expect((await app.api.patch(other.url, { arrow_reference: text })).status).toBe(400);
          await app.api.delete(made.url);
          expect((await app.api.patch(other.url, { arrow_reference: text })).body.arrow_reference).toBe('XSP7700000');
          await app.api.delete(other.url);
        },
      );

      it('in one set-up only once, whatever the two spellings are', async () => {
        const setUp = (references: string[]) =>
          app.api.post('/api/admin/arrow/settings/save_settings/', {
            api_url: app.arrow.url,
            api_key: app.arrow.apiKey,
            customer_mappings: references.map((arrow_reference) => ({
              arrow_reference,
              waldur_customer_uuid: customer.uuid,
            })),
          });
        for (const second of ['int-0', 'xsp7700000', '7700000', 'XSP7700000\u200b']) {
          const { status, body } = await setUp(['XSP7700000', second]);
          expect([status, body]).toEqual([
            400,
            { customer_mappings: [{}, { arrow_reference: ['XSP7700000 is given in entry 1 already.'] }] },
          ]);
        }
        const { status, body } = await setUp(['int-0']);
        expect(status).toBe(201);
        expect(body.mappings).toMatchObject([
          { arrow_reference: 'XSP7700000', outcome: 'created', known_to_arrow: true },
        ]);
        await app.database.query(`DELETE FROM customer_mapping WHERE arrow_reference = 'XSP7700000'`);
      });

      it('with the text as it is where two answer to it, nobody does, or ArrowSphere does not answer', async () => {
        const made = [await create({ arrow_reference: 'twice' }), await create({ arrow_reference: 'nobody\u200b' })];
        app.arrow.faults.add({ path: /customers/, action: { kind: 'status', status: 401 } });
        made.push(await create({ arrow_reference: 'INT-0' }));
        const before = app.arrow.requests.length;
        made.push(await create({ arrow_reference: ' xsp7700009 ' }));
        expect(app.arrow.requests.length).toBe(before);
        app.arrow.faults.clear();
        expect(made.map(({ arrow_reference }) => arrow_reference)).toEqual(['twice', 'nobody', 'INT-0', 'XSP7700009']);
        for (const { url } of made) await app.api.delete(url);
        expect((await app.api.post(path, valid({ arrow_reference: '\u200b' }))).body).toEqual({
          arrow_reference: ['This field may not be blank.'],
        });
      });
    });

    it('from HTML forms, where a boolean that is left out keeps its default', async () => {
      const form = new URLSearchParams(valid({ arrow_company_name: 'A & B' }));
      const made = await app.api.post(path, form.toString(), { 'Content-Type': 'application/x-www-form-urlencoded' });
      expect(made).toMatchObject({ status: 201, body: { arrow_company_name: 'A & B', is_active: true } });
    });

    it('from multipart forms', async () => {
      const form = new FormData();
      for (const [key, value] of Object.entries(valid({ is_active: 'false' }))) form.append(key, value);
      const made = await fetch(`${app.url}${path}`, {
        method: 'POST',
        headers: { Authorization: `Token ${STAFF_TOKEN}` },
        body: form,
      });
      expect([made.status, ((await made.json()) as { is_active: boolean }).is_active]).toEqual([201, false]);
    });

    it('once for a reference and an account, counting inactive ones', async () => {
      const { arrow_reference } = await create({ is_active: false });
      const again = await app.api.post(path, valid({ arrow_reference }));
      expect([again.status, again.body]).toEqual([
        400,
        { non_field_errors: ['The fields arrow_reference, settings must make a unique set.'] },
      ]);
      const elsewhere = await make.settings({ is_active: false });
      await create({ arrow_reference, settings: elsewhere.uuid });
    });

    it('once, however many ask at the same moment', async () => {
      const body = valid();
      const answers = await Promise.all(Array.from({ length: 20 }, () => app.api.post(path, body)));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(19).fill(400)]);
      const refused = answers.filter(({ status }) => status === 400).map(({ body: answer }) => answer);
      expect(new Set(refused.map((answer) => JSON.stringify(answer)))).toEqual(
        new Set(['{"non_field_errors":["The fields arrow_reference, settings must make a unique set."]}']),
      );
    });
  });

  describe('are changed', () => {
    it('by PUT with links or UUIDs, which keeps what it does not name', async () => {
      const made = await create({ arrow_company_name: 'Old', is_active: false });
      const other = await make.customer();
      const put = await app.api.put(made.url, {
        settings: settings.url,
        waldur_customer: other.uuid,
        arrow_reference: made.arrow_reference,
      });
      expect(put).toMatchObject({
        status: 200,
        body: {
          settings: settings.url,
          waldur_customer: other.url,
          waldur_customer_uuid: other.uuid,
          arrow_company_name: 'Old',
          is_active: false,
        },
      });
      expect(Date.parse(put.body.modified)).toBeGreaterThan(Date.parse(made.modified));
      expect(put.body.created).toBe(made.created);
    });

    it('by PUT only with every required field', async () => {
      const made = await create();
      const { status, body } = await app.api.put(made.url, { is_active: false });
      const required = ['This field is required.'];
      expect([status, body]).toEqual([
        400,
        { settings: required, waldur_customer: required, arrow_reference: required },
      ]);
    });

    it.each([
      ['is_active', false],
      ['arrow_company_name', ''],
      ['arrow_reference', 'XSP-changed'],
    ])('by PATCH, of %s alone', async (key, value) => {
      const made = await create({ arrow_company_name: 'Before' });
      const expected = { ...(await app.api.get(made.url)).body, [key]: value, modified: expect.any(String) };
      expect(await app.api.patch(made.url, { [key]: value })).toMatchObject({ status: 200, body: expected });
      expect((await app.api.get(made.url)).body).toEqual(expected);
    });

    it('by PATCH with a bare UUID, as the edit dialog of the portal sends it', async () => {
      const [made, other] = [await create(), await make.customer()];
      const { status, body } = await app.api.patch(made.url, { waldur_customer: hex(other.uuid) });
      expect([status, body.waldur_customer]).toEqual([200, other.url]);
    });

    it.each([
      ['no body', undefined],
      ['an empty object', {}],
      ['unknown and read-only keys only', { uuid: NOBODY, nothing: 1 }],
    ])('not at all by PATCH with %s', async (_, body) => {
      const made = await create();
      const before = (await app.api.get(made.url)).body;
      expect(await app.api.patch(made.url, body)).toMatchObject({ status: 200, body: before });
    });

    it('in three statements: who asks, the change, and the answer', async () => {
      const made = await create();
      const change = { is_active: false };
      expect(await app.statements(() => app.api.patch(made.url, change))).toEqual([
        expect.stringMatching(/^SELECT[^]+auth_token/),
        expect.stringMatching(/^UPDATE "customer_mapping"/),
        expect.stringMatching(/^SELECT[^]+FROM customer_mapping/),
      ]);
    });

    it.each([
      ['wrong fields', { arrow_reference: '' }],
      ['links to nothing', { settings: `/api/admin/arrow/settings/${NOBODY}/` }],
      ['nothing', undefined],
      ['half of it', '{"settings": '],
      ['good fields', { is_active: true }],
    ])('only where there is one: that is said first, whatever the body (%s)', async (_, body) => {
      for (const uuid of [NOBODY, 'nobody']) {
        const answer = await app.api.patch(`${path}${uuid}/`, body);
        expect([answer.status, answer.body]).toEqual([
          404,
          { detail: 'No ArrowCustomerMapping matches the given query.' },
        ]);
      }
    });

    it('by links to nothing beside wrong fields: all of them are named', async () => {
      const made = await create();
      const { status, body } = await app.api.patch(made.url, { settings: NOBODY, arrow_reference: '' });
      expect([status, body]).toEqual([
        400,
        {
          arrow_reference: ['This field may not be blank.'],
          settings: ['Invalid hyperlink - Object does not exist.'],
        },
      ]);
    });

    it('to a pair that is taken: refused, and unchanged', async () => {
      const [one, two] = [await create(), await create()];
      const { status, body } = await app.api.patch(two.url, { arrow_reference: one.arrow_reference });
      expect([status, body]).toEqual([
        400,
        { non_field_errors: ['The fields arrow_reference, settings must make a unique set.'] },
      ]);
      expect((await app.api.get(two.url)).body.arrow_reference).toBe(two.arrow_reference);
      expect((await app.api.patch(two.url, { arrow_reference: two.arrow_reference })).status).toBe(200);
    });

    it.each([
      ['null for a link', { settings: null }, { settings: ['This field may not be null.'] }],
      ['a blank link', { waldur_customer: '' }, { waldur_customer: ['This field may not be null.'] }],
      ['null for text', { arrow_reference: null }, { arrow_reference: ['This field may not be null.'] }],
      ['blank text', { arrow_reference: '  ' }, { arrow_reference: ['This field may not be blank.'] }],
      ['null for a name', { arrow_company_name: null }, { arrow_company_name: ['This field may not be null.'] }],
      ['null for a boolean', { is_active: null }, { is_active: ['This field may not be null.'] }],
      ['a number for a link', { settings: 5 }, { settings: ['Incorrect type. Expected URL string, received int.'] }],
      ['text that is no link', { settings: 'nowhere' }, { settings: ['Invalid hyperlink - No URL match.'] }],
      [
        'a link to another kind of object',
        { settings: `/api/customers/${NOBODY}/` },
        { settings: ['Invalid hyperlink - Incorrect URL match.'] },
      ],
      [
        'a link to nothing',
        { settings: `/api/admin/arrow/settings/${NOBODY}/` },
        { settings: ['Invalid hyperlink - Object does not exist.'] },
      ],
      [
        'a link with no UUID in it',
        { settings: 'http://x.example/api/admin/arrow/settings/mine/' },
        { settings: ['Invalid hyperlink - Object does not exist.'] },
      ],
      [
        'an unknown UUID',
        { waldur_customer: NOBODY },
        { waldur_customer: ['Invalid hyperlink - Object does not exist.'] },
      ],
    ])('never by %s', async (_, change, answer) => {
      const made = await create();
      const { status, body } = await app.api.patch(made.url, change);
      expect([status, body]).toEqual([400, answer]);
    });
  });

  it('are deleted once', async () => {
    const made = await create();
    const gone = await app.api.delete(made.url);
    expect([gone.status, gone.body, gone.headers.get('content-length')]).toEqual([204, '', null]);
    for (const method of ['GET', 'DELETE', 'PATCH']) {
      const { status, body } = await app.api.send(method, made.url);
      expect([status, body]).toEqual([404, { detail: 'No ArrowCustomerMapping matches the given query.' }]);
    }
  });

  describe('bad input', () => {
    it.each([
      ['nothing', {}, { settings: 'This field is required.', arrow_reference: 'This field is required.' }],
      ['an unknown account', { settings: NOBODY }, { settings: `Object with uuid=${NOBODY} does not exist.` }],
      ['no UUID', { settings: 'mine' }, { settings: 'Object with uuid=mine does not exist.' }],
      [
        'too long a reference',
        { arrow_reference: 'x'.repeat(256) },
        { arrow_reference: 'Ensure this field has no more than 255 characters.' },
      ],
      [
        'too long a name',
        { arrow_company_name: 'x'.repeat(501) },
        { arrow_company_name: 'Ensure this field has no more than 500 characters.' },
      ],
      ['a NUL in text', { arrow_reference: 'XSP\0' }, { arrow_reference: 'Null characters are not allowed.' }],
      ['half a character', { arrow_reference: '\ud800' }, { arrow_reference: 'Not a valid string.' }],
      ['a list for text', { arrow_reference: ['XSP1'] }, { arrow_reference: 'Not a valid string.' }],
      ['an object for text', { arrow_reference: {} }, { arrow_reference: 'Not a valid string.' }],
      ['a boolean for text', { arrow_reference: true }, { arrow_reference: 'Not a valid string.' }],
      ['a bad boolean', { is_active: 'maybe' }, { is_active: 'Must be a valid boolean.' }],
      ['a list for a boolean', { is_active: [true] }, { is_active: 'Must be a valid boolean.' }],
      ['a number for a boolean', { is_active: 2 }, { is_active: 'Must be a valid boolean.' }],
    ])('%s is named, field by field, and nothing is written', async (_, given, faults) => {
      const before = await rows();
      const { status, body } = await app.api.post(path, Object.keys(given).length ? valid(given) : {});
      expect(status).toBe(400);
      for (const [field, sentence] of Object.entries(faults)) expect(body[field]).toEqual([sentence]);
      expect(await rows()).toBe(before);
    });

    it('all wrong fields are named together', async () => {
      const { status, body } = await app.api.post(path, { settings: NOBODY, arrow_reference: '', is_active: 'x' });
      expect([status, body]).toEqual([
        400,
        {
          settings: [`Object with uuid=${NOBODY} does not exist.`],
          arrow_reference: ['This field may not be blank.'],
          waldur_customer: ['This field is required.'],
          is_active: ['Must be a valid boolean.'],
        },
      ]);
    });

    it('the limit counts characters, not bytes or halves', async () => {
      await create({ arrow_company_name: '🚀'.repeat(500) });
    });

    it.each([
      ['a list', '[]', { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }],
      ['text', '"x"', { non_field_errors: ['Invalid data. Expected a dictionary, but got str.'] }],
      ['null', 'null', { non_field_errors: ['No data provided'] }],
      ['a huge number', '{"is_active": 1e400}', { is_active: ['Must be a valid boolean.'] }],
      ['a huge number for text', '{"arrow_reference": 1e400}', { arrow_reference: ['Not a valid string.'] }],
      ['a huge number for a link', '{"settings": 1e400}', { settings: [expect.stringContaining('does not exist')] }],
    ])('a body that is %s is refused', async (_, text, answer) => {
      const { status, body } = await app.api.post(path, text);
      expect([status, body]).toEqual([400, expect.objectContaining(answer)]);
    });

    it.each([
      ['half of it', '{"settings": '],
      ['NaN', '{"is_active": NaN}'],
      ['two of them', '{} {}'],
      ['a single quote', "{'settings': 1}"],
      ['lists in lists without end', '['.repeat(100_000)],
      ['lists in lists, closed', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
      ['objects in objects', `${'{"a":'.repeat(15_000)}1${'}'.repeat(15_000)}`],
    ])('JSON that is %s is a parse error', async (_, text) => {
      const { status, body } = await app.api.post(path, text);
      expect([status, Object.keys(body)]).toEqual([400, ['detail']]);
      expect(body.detail).toMatch(/^JSON parse error - ./);
    });

    it.each([30, 60, 99, 500, 1500, 3000, 6000])(
      'a field with %i lists in lists is never a fault of ours',
      async (depth) => {
        for (const key of ['settings', 'arrow_reference', 'is_active', 'unknown']) {
          const { status } = await app.api.post(path, `{"${key}": ${'['.repeat(depth)}${']'.repeat(depth)}}`);
          expect(status).toBe(400);
        }
      },
    );

    it('bytes that are no UTF-8 are a parse error', async () => {
      const response = await fetch(`${app.url}${path}`, {
        method: 'POST',
        headers: { Authorization: `Token ${STAFF_TOKEN}`, 'Content-Type': 'application/json' },
        body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
      });
      expect([response.status, await response.json()]).toEqual([
        400,
        { detail: 'JSON parse error - the text is not valid UTF-8' },
      ]);
    });

    it('keys that JavaScript treats specially are ordinary unknown keys', async () => {
      const text = JSON.stringify(valid()).replace(
        '{',
        '{"__proto__": {"is_active": false, "polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "toString": 5, "hasOwnProperty": null, "then": 1, "length": -1, ',
      );
      const { status, body } = await app.api.post(path, text);
      expect([status, body.is_active, ({} as { polluted?: number }).polluted]).toEqual([201, true, undefined]);
      const form = `__proto__=1&constructor=1&${new URLSearchParams(valid()).toString()}`;
      const made = await app.api.post(path, form, { 'Content-Type': 'application/x-www-form-urlencoded' });
      expect(made.status).toBe(201);
    });

    it('a body that inherits a required field does not have it', async () => {
      const { body } = await app.api.post(path, `{"__proto__": ${JSON.stringify(valid())}}`);
      expect(body.settings).toEqual(['This field is required.']);
    });

    it('5 MB are refused unread', async () => {
      const { status, body } = await app.api.post(path, JSON.stringify({ arrow_company_name: 'x'.repeat(5_000_000) }));
      expect([status, body]).toEqual([413, { detail: 'The request body is too large: 128 KB at most.' }]);
    });

    it.each(['text/plain', 'application/xml', 'application/jsonp', 'nonsense', 'application/json/;;', ''])(
      'the media type %j is refused',
      async (type) => {
        const { status, body } = await app.api.post(path, '{}', { 'Content-Type': type });
        expect([status, body]).toEqual([415, { detail: `Unsupported media type "${type}" in request.` }]);
      },
    );

    it('JSON with a charset, in any case, is JSON', async () => {
      const type = 'Application/JSON; charset=UTF-8';
      expect((await app.api.post(path, JSON.stringify(valid()), { 'Content-Type': type })).status).toBe(201);
    });

    it('the caller is checked first, then the object, then the body', async () => {
      const user = app.api.as((await make.user()).token);
      const nowhere = `${path}${NOBODY}/`;
      for (const [method, body, type] of [
        ['PUT', '{', 'application/json'],
        ['PATCH', '[]', 'application/json'],
        ['PATCH', 'x', 'text/plain'],
        ['PATCH', 'x', 'nonsense'],
        ['PUT', 'x', 'a/b/c; ='],
      ] as const) {
        const headers = { 'Content-Type': type };
        expect((await app.api.as(undefined).send(method, nowhere, body, headers)).status).toBe(401);
        expect((await user.send(method, nowhere, body, headers)).status).toBe(403);
        expect((await app.api.send(method, nowhere, body, headers)).status).toBe(404);
      }
      const made = await create();
      expect((await app.api.patch(made.url, '{')).status).toBe(400);
      expect((await app.api.patch(made.url, 'x', { 'Content-Type': 'text/plain' })).status).toBe(415);
      for (const method of ['POST', 'PUT']) {
        expect((await app.api.as(undefined).send(method, path, '{')).status).toBe(401);
      }
      expect((await user.post(path, '{')).status).toBe(403);
    });

    it.each([
      'nonsense',
      `${NOBODY}x`,
      '%00',
      '%F0%9F%9A%80',
      hex(NOBODY),
      `{${NOBODY}}`,
      "'; DROP TABLE customer_mapping",
    ])('%j in the path is an object that is not there', async (text) => {
      for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
        const body = method === 'GET' || method === 'DELETE' ? undefined : {};
        const answer = await app.api.send(method, `${path}${encodeURI(decodeURI(text))}/`, body);
        expect([answer.status, answer.body]).toEqual([
          404,
          { detail: 'No ArrowCustomerMapping matches the given query.' },
        ]);
      }
    });

    it.each(['%E0%A4%A', '%', '%zz', 'a%2'])('a path that cannot be decoded, as %j, leads nowhere', async (part) => {
      const { status, headers, body } = await app.api.get(`${path}${part}/`);
      expect([status, body]).toEqual([404, { detail: 'No ArrowCustomerMapping matches the given query.' }]);
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect((await app.api.as(undefined).get(`${path}${part}/`)).status).toBe(401);
    });
  });

  describe('are listed', () => {
    let other: { uuid: string; url: string };
    let inactive: { uuid: string; url: string };
    const find = async (query: string) => {
      const { status, body, headers } = await app.api.get(`${path}?page_size=300&${query}`);
      expect(status).toBe(200);
      expect(headers.get('x-result-count')).toBe(String(body.length));
      return (body as { arrow_reference: string }[]).map(({ arrow_reference }) => arrow_reference);
    };

    beforeAll(async () => {
      await app.database.query('DELETE FROM customer_mapping');
      other = await make.customer({ name: 'Öökull_100% AS' });
      inactive = await make.settings({ is_active: false });
      await create({ arrow_reference: 'A1', arrow_company_name: 'Alpha' });
      await create({ arrow_reference: 'A2', arrow_company_name: 'alphabet', is_active: false });
      await create({ arrow_reference: 'B1', arrow_company_name: '100% \\_x', waldur_customer: other.uuid });
      await create({ arrow_reference: 'B2', settings: inactive.uuid });
    });

    it.each([
      ['', ['B2', 'B1', 'A2', 'A1']],
      ['arrow_reference=a', ['A2', 'A1']],
      ['arrow_reference=%20a1%20', ['A1']],
      ['arrow_company_name=ALPHA', ['A2', 'A1']],
      ['arrow_company_name=%25', ['B1']],
      ['arrow_company_name=_', ['B1']],
      ['arrow_company_name=%5C', ['B1']],
      ['waldur_customer_name=%C3%B6%C3%B6kull', ['B1']],
      ['waldur_customer_name=l_1', ['B1']],
      ['is_active=true', ['B2', 'B1', 'A1']],
      ['is_active=FALSE', ['A2']],
      ['is_active=0', ['A2']],
      ['is_active=Yes&arrow_reference=B', ['B2', 'B1']],
      ['is_active=', ['B2', 'B1', 'A2', 'A1']],
      ['is_active=true&is_active=false', ['A2']],
      ['arrow_reference=zzz&arrow_reference=A1', ['A1']],
      ['unknown=1&constructor=2&__proto__=3', ['B2', 'B1', 'A2', 'A1']],
      ['o=arrow_reference', ['A1', 'A2', 'B1', 'B2']],
      ['o=-arrow_reference', ['B2', 'B1', 'A2', 'A1']],
      ['o=-arrow_company_name,arrow_reference', ['A2', 'A1', 'B1', 'B2']],
      ['o=nonsense', ['B2', 'B1', 'A2', 'A1']],
      ['o=constructor', ['B2', 'B1', 'A2', 'A1']],
      ['o=__proto__,toString,-hasOwnProperty', ['B2', 'B1', 'A2', 'A1']],
      ['o=arrow_reference,-arrow_reference', ['A1', 'A2', 'B1', 'B2']],
      ['settings=nowhere', []],
      ['settings=%2Fapi%2Fcustomers%2F', []],
      ['waldur_customer=http%3A%2F%2Fx.example%2Fapi%2Fprojects%2F1%2F', []],
    ])('%j finds %j', async (query, expected) => {
      expect(await find(query)).toEqual(expected);
    });

    it('by account and organisation, as UUIDs dashed or not and as links', async () => {
      expect(await find(`settings_uuid=${inactive.uuid}`)).toEqual(['B2']);
      expect(await find(`settings_uuid=${hex(inactive.uuid).toUpperCase()}`)).toEqual(['B2']);
      expect(await find(`settings=${encodeURIComponent(inactive.url)}`)).toEqual(['B2']);
      expect(await find(`waldur_customer_uuid=${hex(other.uuid)}`)).toEqual(['B1']);
      expect(await find(`waldur_customer=${encodeURIComponent(other.url.replace(/127.*?\//, 'x.example/'))}`)).toEqual([
        'B1',
      ]);
      expect(await find(`waldur_customer=${encodeURIComponent(inactive.url)}`)).toEqual([]);
      expect(await find(`waldur_customer_uuid=${other.uuid}&settings_uuid=${inactive.uuid}`)).toEqual([]);
      expect(await find(`settings_uuid=${NOBODY}`)).toEqual([]);
    });

    it.each([
      ['settings_uuid=mine', { settings_uuid: ['Enter a valid UUID.'] }],
      ['is_active=maybe', { is_active: ['Must be a valid boolean.'] }],
      ['arrow_reference=%00', { arrow_reference: ['Null characters are not allowed.'] }],
      [
        'is_active=2&waldur_customer_uuid=x',
        { is_active: ['Must be a valid boolean.'], waldur_customer_uuid: ['Enter a valid UUID.'] },
      ],
    ])('%j is refused, with HEAD as with GET', async (query, answer) => {
      const { status, body } = await app.api.get(`${path}?${query}`);
      expect([status, body]).toEqual([400, answer]);
      expect((await app.api.head(`${path}?${query}`)).status).toBe(400);
    });

    it('with the keys asked for, and those clients cannot do without', async () => {
      const { body } = await app.api.get(`${path}?field=arrow_reference&field=nonsense&page_size=1`);
      expect(Object.keys(body[0])).toEqual(['uuid', 'url', 'settings_uuid', 'arrow_reference', 'waldur_customer_uuid']);
      const whole = await app.api.get(`${path}?field=constructor&field=__proto__&page_size=1`);
      expect(Object.keys(whole.body[0])).toHaveLength(12);
    });

    it('and counted without being read', async () => {
      const { status, headers, body } = await app.api.head(`${path}?is_active=true&page_size=2`);
      expect([status, headers.get('x-result-count'), body]).toEqual([200, '3', '']);
      expect(headers.get('link')).toContain(`<${app.url}${path}?is_active=true&page=2&page_size=2>; rel="last"`);
    });

    it('page by page without loss or overlap, forwards and from the end, also where a filter joins', async () => {
      for (const query of ['o=waldur_customer_name', 'waldur_customer_name=a&o=-arrow_company_name', 'o=created']) {
        const all = await find(query);
        const paged: string[] = [];
        for (let page = 1; page <= all.length; page++) {
          const { body } = await app.api.get(`${path}?${query}&page_size=1&page=${page}`);
          paged.push(body[0].arrow_reference);
        }
        expect(paged).toEqual(all);
      }
    });
  });

  it('take as many statements for 60 rows as for 3', async () => {
    await app.database.query('DELETE FROM customer_mapping');
    const count = async (work: () => Promise<unknown>) => (await app.statements(work)).length;
    const measure = async (uuid: string) => ({
      list: await count(() => app.api.get(`${path}?page_size=300`)),
      last: await count(() => app.api.get(`${path}?page_size=2&page=last&waldur_customer_name=o`)),
      head: await count(() => app.api.head(`${path}?page_size=300`)),
      retrieve: await count(() => app.api.get(`${path}${uuid}/`)),
      retrieveHead: await count(() => app.api.head(`${path}${uuid}/`)),
    });
    let made = { uuid: '' };
    for (let i = 0; i < 3; i++) made = await create({ waldur_customer: (await make.customer()).uuid });
    const few = await measure(made.uuid);
    for (let i = 0; i < 57; i++) await create({ waldur_customer: (await make.customer()).uuid });
    const many = await measure(made.uuid);
    expect(many).toEqual(few);
    expect(few).toEqual({ list: 2, last: 3, head: 2, retrieve: 2, retrieveHead: 2 });
  });
});
