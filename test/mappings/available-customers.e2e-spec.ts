import { arrowCustomer } from '../../emulator/data.js';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

const path = '/api/admin/arrow/customer-mappings/available_customers/';

describe('Available customers', () => {
  let app: TestApp;
  let make: Builders;
  let settings: { uuid: string; url: string };

  beforeAll(async () => {
    app = await startApp({ ARROW_MAX_RETRIES: '0' });
    make = new Builders(app);
  });
  afterAll(() => app?.stop());
  afterEach(() => {
    app.arrow.faults.clear();
    app.clock.set(undefined);
  });

  it('need an active account, and say so without asking anybody', async () => {
    for (const method of ['GET', 'HEAD']) {
      const { status, body } = await app.api.send(method, path);
      expect(status).toBe(400);
      if (method === 'GET') {
        const sentence = 'No active Arrow settings configured';
        expect(body).toEqual({ detail: sentence, error: sentence, message: sentence, code: 'no_active_settings' });
      }
    }
    await make.settings({ is_active: false });
    expect((await app.api.get(path)).status).toBe(400);
    expect(app.arrow.requests.map((request) => request.path)).toEqual(['whoami']);
    settings = await make.settings();
  });

  const refreshed = async () => {
    const { status, body, headers } = await app.api.get(`${path}?refresh=true`);
    expect(status).toBe(200);
    return { ...body, headers };
  };

  it('are all of them, of every page, with what can be mapped to them', async () => {
    app.arrow.data.customers = Array.from({ length: 230 }, (_, i) =>
      arrowCustomer({ Reference: `XSP${1000 + i}`, CompanyName: `Zzyzx ${i}` }),
    );
    app.arrow.resetCounters();
    const organisation = await make.customer({ name: 'Acme', abbreviation: 'AC' });
    const { arrow_customers, waldur_customers, suggestions, settings_uuid, headers } = await refreshed();
    expect(app.arrow.requests).toHaveLength(3);
    expect([settings_uuid, headers.get('x-result-count')]).toEqual([settings.uuid, '1']);
    expect(arrow_customers.map(({ reference }: { reference: string }) => reference)).toEqual(
      app.arrow.data.customers.map(({ Reference }) => Reference),
    );
    expect(waldur_customers).toEqual([{ uuid: organisation.uuid, name: 'Acme', abbreviation: 'AC' }]);
    expect(suggestions).toHaveLength(230);
    expect(suggestions[0]).toMatchObject({
      arrow_customer: arrow_customers[0],
      confidence: 0,
      existing_mapping: false,
    });
    expect(JSON.stringify(suggestions)).not.toContain('null');
  });

  it('take the first e-mail address there is, and blanks for what is unknown', async () => {
    const nothing = { EmailContact: '', City: null, CountryCode: null } as object;
    app.arrow.data.customers = [
      arrowCustomer({ Reference: 'XSP1', EmailContact: ' own@x.example ' }),
      arrowCustomer({ Reference: 'XSP2', ...nothing, Contact: { Email: 'contact@x.example' } }),
      arrowCustomer({ Reference: 'XSP3', ...nothing, CompanyName: null as never, Contact: null as never }),
      arrowCustomer({ Reference: 'XSP4', ...nothing, Contact: [] as never }),
    ];
    const { arrow_customers } = await refreshed();
    expect(arrow_customers.map(({ email }: { email: string }) => email)).toEqual([
      'own@x.example',
      'contact@x.example',
      '',
      '',
    ]);
    expect(arrow_customers[2]).toEqual({ reference: 'XSP3', companyName: '', email: '', city: '', countryCode: '' });
  });

  it('leave out the mapped ones, and offer the inactive ones with the mapping that stands in the way', async () => {
    app.arrow.data.customers = ['XSP1', 'XSP2', 'XSP3'].map((Reference) =>
      arrowCustomer({ Reference, CompanyName: 'Põhjala Tehnika OÜ' }),
    );
    const organisation = await make.customer({ name: 'PÕHJALA TEHNIKA' });
    await make.mapping({ settings: settings.uuid, arrow_reference: 'XSP1' });
    const inactive = await make.mapping({ settings: settings.uuid, arrow_reference: 'XSP2', is_active: false });
    const other = await make.settings({ is_active: false });
    await make.mapping({ settings: other.uuid, arrow_reference: 'XSP3' });
    const { suggestions, arrow_customers } = await refreshed();
    expect(arrow_customers.map(({ reference }: { reference: string }) => reference)).toEqual(['XSP2', 'XSP3']);
    const brief = { uuid: organisation.uuid, name: 'PÕHJALA TEHNIKA', abbreviation: '' };
    expect(suggestions[0]).toMatchObject({ existing_mapping: true, mapping_uuid: inactive.uuid });
    expect(suggestions[1]).toMatchObject({ existing_mapping: false, suggested_waldur_customer: brief });
    expect(suggestions[1]).not.toHaveProperty('mapping_uuid');
    expect((await app.api.patch(inactive.url, { is_active: true })).status).toBe(200);
    expect((await refreshed()).arrow_customers).toHaveLength(1);
  });

  it('are one answer to HEAD, which tells its age as GET does', async () => {
    const { status, headers, body } = await app.api.head(path);
    expect([status, headers.get('x-result-count'), body]).toEqual([200, '1', '']);
    expect(headers.get('age')).toBe('0');
  });

  it('come from a recent answer that says how old it is, unless a new one is asked for', async () => {
    const start = new Date('2026-08-01T12:00:00Z');
    app.clock.set(start);
    await refreshed();
    app.arrow.resetCounters();
    app.clock.set(new Date(start.getTime() + 40_400));
    expect((await app.api.get(path)).headers.get('age')).toBe('40');
    expect((await app.api.get(`${path}?refresh=false`)).headers.get('age')).toBe('40');
    expect(app.arrow.requests).toHaveLength(0);
    expect((await refreshed()).headers.get('age')).toBe('0');
    expect(app.arrow.requests).toHaveLength(1);
    expect((await app.api.get(`${path}?refresh=perhaps`)).body).toEqual({ refresh: ['Must be a valid boolean.'] });
  });

  it('take as many statements for 60 customers and organisations as for 3', async () => {
    const measure = async (size: number) => {
      app.arrow.data.customers = Array.from({ length: size }, (_, i) =>
        arrowCustomer({ Reference: `XSP${5000 + i}`, CompanyName: `Company ${i}` }),
      );
      for (let i = 0; i < size; i++) {
        await make.mapping({ settings: settings.uuid, is_active: i % 2 === 0, arrow_reference: `XSP${size}${i}` });
      }
      return [await app.statements(refreshed), await app.statements(() => app.api.head(path))].map(
        ({ length }) => length,
      );
    };
    const few = await measure(3);
    expect(await measure(60)).toEqual(few);
    expect(few).toEqual([4, 2]);
  });

  it.each([
    ['rejects the key', { kind: 'status', status: 401 }, 'arrow_credentials_rejected', /rejected the API key/],
    ['answers a page of HTML', { kind: 'html' }, 'arrow_malformed_answer', /cannot be read/],
    ['loses rows', { kind: 'drop-rows' }, 'arrow_incomplete_answer', /not complete/],
    ['cuts the connection', { kind: 'reset-mid-body' }, 'arrow_unavailable', /ArrowSphere/],
  ] as const)('say in a sentence that ArrowSphere %s, for either kind of client', async (_, action, code, sentence) => {
    app.arrow.faults.add({ path: /^customers/, action });
    const { status, body } = await app.api.get(`${path}?refresh=1`);
    expect([status, body.code]).toEqual([400, code]);
    expect(body.detail).toMatch(sentence);
    expect(body.error).toBe(body.detail);
    expect((await app.api.head(`${path}?refresh=1`)).status).toBe(400);
  });

  it('look at every organisation, however many there are and whatever they share a name with', async () => {
    await app.database.query(
      `INSERT INTO customer (name) SELECT CASE WHEN n % 2 = 0 THEN 'Same Name' ELSE 'Name ' || n END
         FROM generate_series(1, 2500) n`,
    );
    const { body } = await app.api.get(path);
    const [{ count }] = await app.database.query('SELECT count(*)::int AS count FROM customer');
    const uuids = body.waldur_customers.map(({ uuid }: { uuid: string }) => uuid);
    expect(uuids).toHaveLength(count);
    expect(new Set(uuids).size).toBe(count);
  });
});
