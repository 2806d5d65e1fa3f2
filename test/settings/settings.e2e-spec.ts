import { randomUUID } from 'node:crypto';
import { DEFAULT_PARTNER, exportType } from '../../emulator/data.js';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';
import { untilOneWaits } from '../support/lock-waiters.js';

const path = '/api/admin/arrow/settings/';
const secondKey = { ...DEFAULT_PARTNER, apiKey: 'emulator-second-key' };
const other = { apiKey: 'other-reseller-key', reference: 'XSP100002', companyName: 'Tartu Pilv AS' };

describe('ArrowSphere accounts', () => {
  let app: TestApp;
  let make: Builders;

  beforeAll(async () => {
    app = await startApp({ ARROW_MAX_RETRIES: '0' }, { data: { partners: [DEFAULT_PARTNER, secondKey, other] } });
    make = new Builders(app);
  });
  beforeEach(() => app.arrow.resetCounters());
  afterEach(() => app.arrow.faults.clear());
  afterAll(() => app.stop());

  const credentials = (apiKey = app.arrow.apiKey) => ({ api_url: app.arrow.url, api_key: apiKey });
  const activeOnes = async () =>
    (await app.api.get(`${path}?is_active=true`)).body.map(({ uuid }: { uuid: string }) => uuid);

  it('are saved with the partner that ArrowSphere names, and never show their key', async () => {
    const created = await app.api.post(path, { ...credentials(), classification_filter: 'SAAS' });
    expect(created).toMatchObject({
      status: 201,
      body: {
        api_url: app.arrow.url,
        partner_reference: 'XSP100001',
        partner_name: 'Põhjala Cloud OÜ',
        key_hint: '-key',
        classification_filter: 'SAAS',
        export_type_reference: '',
        is_active: true,
        sync_enabled: false,
        invoice_price_source: 'sell',
        invoice_item_prefix: 'Arrow consumption',
        verified: true,
      },
    });
    const answers = [
      created,
      await app.api.get(created.body.url),
      await app.api.get(path),
      await app.api.patch(created.body.url, { sync_enabled: true }),
    ];
    for (const { body } of answers) expect(JSON.stringify(body)).not.toContain(app.arrow.apiKey);
    for (const { body } of answers) expect(JSON.stringify(body)).not.toContain('api_key');
    const rows: object[] = await app.database.query('SELECT * FROM arrow_settings');
    expect(JSON.stringify(rows)).not.toContain(app.arrow.apiKey);
  });

  it('are refused with a key that ArrowSphere rejects', async () => {
    const refused = await app.api.post(path, credentials('wrong'));
    expect(refused.status).toBe(400);
    expect(refused.body).toEqual({ api_key: [expect.stringContaining('ArrowSphere rejected the API key')] });
  });

  it('are saved while ArrowSphere cannot be reached, and say so', async () => {
    const saved = await make.settings({ api_url: 'http://127.0.0.1:1/api/', is_active: false });
    expect(saved).toMatchObject({ partner_reference: '', verified: false, verification_error: expect.any(String) });
  });

  it('keep their key when it is left out or blank, and ask ArrowSphere nothing then', async () => {
    const settings = await make.settings();
    app.arrow.faults.add({ action: { kind: 'status', status: 401 } });
    for (const body of [{ api_key: '' }, { invoice_item_prefix: 'Cloud' }, {}]) {
      const patched = await app.api.patch(settings.url, body);
      expect(patched).toMatchObject({ status: 200, body: { key_hint: settings.key_hint } });
      expect(patched.body).not.toHaveProperty('verified');
      expect(patched.body.key_changed_at).toBe(settings.key_changed_at);
    }
    const put = await app.api.put(settings.url, { api_url: app.arrow.url, api_key: ' ' });
    expect(put).toMatchObject({ status: 200, body: { invoice_item_prefix: 'Cloud' } });
    expect(app.arrow.requests.filter(({ path }) => path === 'whoami')).toHaveLength(1);
  });

  it('say when the key last became another one', async () => {
    const settings = await make.settings();
    app.clock.set('2030-01-01T00:00:00Z');
    const same = await app.api.patch(settings.url, { api_key: app.arrow.apiKey });
    const changed = await app.api.patch(settings.url, { api_key: secondKey.apiKey });
    app.clock.set(undefined);
    expect(same.body.key_changed_at).toBe(settings.key_changed_at);
    expect(changed).toMatchObject({
      status: 200,
      body: { key_changed_at: '2030-01-01T00:00:00+00:00', verified: true },
    });
  });

  it('ask for the key again before a stored one would go to a new address', async () => {
    const settings = await make.settings();
    const elsewhere = 'http://127.0.0.1:1/api/';
    const refused = await app.api.patch(settings.url, { api_url: elsewhere });
    expect(refused).toMatchObject({
      status: 400,
      body: { api_key: [expect.stringContaining('Give the API key again')] },
    });
    expect((await app.api.put(settings.url, { api_url: elsewhere, api_key: '' })).status).toBe(400);
    const spelling = await app.api.patch(settings.url, { api_url: app.arrow.url.replace(/\/$/, '') });
    expect(spelling.status).toBe(200);
    const given = await app.api.patch(settings.url, { api_url: elsewhere, api_key: app.arrow.apiKey });
    expect(given).toMatchObject({ status: 200, body: { api_url: elsewhere, verified: false } });
  });

  it('refuse a key of another partner once they are in use', async () => {
    const settings = await make.settings();
    const moved = await app.api.patch(settings.url, { api_key: other.apiKey });
    expect(moved).toMatchObject({ status: 200, body: { partner_reference: other.reference } });
    await make.mapping({ settings: settings.uuid });
    const refused = await app.api.patch(settings.url, { api_key: app.arrow.apiKey, sync_enabled: true });
    expect(refused).toMatchObject({
      status: 400,
      body: { api_key: [expect.stringContaining('belongs to Põhjala Cloud OÜ (XSP100001)')] },
    });
    const { body } = await app.api.get(settings.url);
    expect(body).toMatchObject({ partner_reference: other.reference, sync_enabled: false });
  });

  it('do not replace a working account while ArrowSphere cannot be asked about them', async () => {
    const unreachable = { api_url: 'http://127.0.0.1:1/api/' };
    for (const uuid of await activeOnes()) await app.api.patch(`${path}${uuid}/`, { is_active: false });
    const first = await make.settings(unreachable);
    expect(first).toMatchObject({ is_active: true, verified: false });
    const working = await make.settings();
    expect(await activeOnes()).toEqual([working.uuid]);

    for (const given of [{}, { is_active: true }]) {
      const saved = await make.settings({ ...unreachable, ...given });
      expect(saved).toMatchObject({ is_active: false, verified: false, verification_error: expect.any(String) });
    }
    const changes = [{ is_active: true }, { is_active: true, api_key: 'another-key' }];
    for (const change of changes) {
      const { status, body } = await app.api.patch(first.url, { ...change, invoice_item_prefix: 'Cloud' });
      expect([status, body]).toMatchObject([200, { is_active: false, verified: false, invoice_item_prefix: 'Cloud' }]);
    }
    expect(await activeOnes()).toEqual([working.uuid]);

    const second = await make.settings({ api_key: secondKey.apiKey, is_active: false });
    const down = app.arrow.faults.add({ action: { kind: 'reset-before-headers' } });
    expect((await app.api.patch(second.url, { is_active: true })).body).toMatchObject({
      is_active: false,
      verified: false,
    });
    expect((await app.api.patch(working.url, { is_active: true, sync_enabled: false })).body.is_active).toBe(true);
    app.arrow.faults.remove(down);
    const refusing = app.arrow.faults.add({ path: /^whoami/, action: { kind: 'status', status: 401 } });
    expect((await app.api.patch(second.url, { is_active: true })).status).toBe(400);
    app.arrow.faults.remove(refusing);
    expect(await activeOnes()).toEqual([working.uuid]);
    expect((await app.api.patch(second.url, { is_active: true })).body).toMatchObject({
      is_active: true,
      verified: true,
    });
    expect(await activeOnes()).toEqual([second.uuid]);
  });

  it('are active one at a time, whoever asks', async () => {
    const first = await make.settings();
    const second = await make.settings();
    expect(await activeOnes()).toEqual([second.uuid]);
    await app.api.patch(first.url, { is_active: true });
    expect(await activeOnes()).toEqual([first.uuid]);
    await app.api.patch(second.url, { sync_enabled: true });
    expect(await activeOnes()).toEqual([first.uuid]);
    const atOnce = await Promise.all([
      ...[first, second].map(({ url }) => app.api.patch(url, { is_active: true })),
      ...[1, 2].map(() => app.api.post(path, credentials())),
    ]);
    expect(atOnce.map(({ status }) => status)).toEqual([200, 200, 201, 201]);
    expect(await activeOnes()).toHaveLength(1);
    const [active] = await activeOnes();
    await app.api.patch(`${path}${active}/`, { is_active: false });
    expect(await activeOnes()).toEqual([]);
  });

  it('never hold the key of one address beside another address, whoever saves at once', async () => {
    const settings = await make.settings();
    const stored = async () => {
      const [row] = await app.database.query(
        'SELECT api_url, encrypted_api_key, key_hint, key_changed_at FROM arrow_settings WHERE uuid = $1',
        [settings.uuid],
      );
      return row as { api_url: string; encrypted_api_key: string; key_hint: string };
    };
    await app.api.patch(settings.url, { api_key: secondKey.apiKey });
    const { encrypted_api_key: secondEncrypted } = await stored();
    await app.api.patch(settings.url, { api_key: app.arrow.apiKey });
    // Only this account, so that the set-up finds it and no other.
    await app.database.query('DELETE FROM customer_mapping');
    await app.database.query('DELETE FROM arrow_settings WHERE uuid <> $1', [settings.uuid]);

    // Somebody changes key and address, and the change is not over when the set-up comes to the row.
    const rival = app.database.createQueryRunner();
    await rival.startTransaction();
    await rival.query('UPDATE arrow_settings SET api_url = $1, encrypted_api_key = $2, key_hint = $3 WHERE uuid = $4', [
      'https://other.example/api/',
      secondEncrypted,
      'rivl',
      settings.uuid,
    ]);
    const saving = app.api.post(`${path}save_settings/`, credentials());
    // The embedded database has one session, so there nobody waits within a transaction.
    if (app.kind === 'postgres') await untilOneWaits(app.variables.DATABASE_URL!);
    await rival.commitTransaction();
    await rival.release();
    expect(await saving).toMatchObject({ status: 201, body: { settings_uuid: settings.uuid } });
    expect(await stored()).toMatchObject({ api_url: app.arrow.url, key_hint: app.arrow.apiKey.slice(-4) });
    expect((await app.api.get(`${path}${settings.uuid}/health/`)).body.checks.api_key).toMatchObject({ verdict: 'ok' });
  });

  it('keep what a partner is called without what cannot be stored, and no longer than there is room', async () => {
    const strange = {
      apiKey: 'strange-reseller-key',
      reference: 'XSP1\u0000',
      companyName: `A\u0000\ud800${'🚀'.repeat(300)}`,
    };
    app.arrow.data.partners.push(strange);
    const { body } = await app.api.post(path, credentials(strange.apiKey));
    expect(body).toMatchObject({ partner_reference: 'XSP1', partner_name: `A\ufffd${'🚀'.repeat(253)}` });
    expect(await app.api.post(`${path}save_settings/`, credentials(strange.apiKey))).toMatchObject({
      status: 201,
      body: { settings_uuid: body.uuid },
    });
  });

  it('are listed in the order asked for', async () => {
    const order = async (o: string) =>
      (await app.api.get(`${path}?o=${o}&page_size=300`)).body as { created: string; partner_name: string }[];
    for (const key of ['created', 'partner_name'] as const) {
      const [up, down] = [await order(key), await order(`-${key}`)];
      expect(up.map((row) => row[key])).toEqual(down.map((row) => row[key]).reverse());
      expect(new Set(up.map((row) => row[key])).size).toBeGreaterThan(1);
    }
    expect(await order('constructor')).toEqual(await order('-created'));
  });

  it('are listed newest first, filtered and counted', async () => {
    const settings = await make.settings({ sync_enabled: true });
    const list = await app.api.get(`${path}?sync_enabled=true&page_size=1`);
    expect(list.body.map(({ uuid }: { uuid: string }) => uuid)).toEqual([settings.uuid]);
    const count = await app.api.head(`${path}?sync_enabled=true`);
    expect(count.headers.get('x-result-count')).toBe(list.headers.get('x-result-count'));
    expect((await app.api.get(`${path}?is_active=maybe`)).status).toBe(400);
  });

  it('name every wrong field together', async () => {
    const wrong = {
      ...{ api_url: 'arrow', api_key: null, classification_filter: '', is_active: 'x', invoice_price_source: 'list' },
      ...{ export_type_reference: 'e'.repeat(256), invoice_item_prefix: 'p'.repeat(101) },
    };
    expect(await app.api.post(path, wrong)).toMatchObject({
      status: 400,
      body: {
        api_url: ['Enter a valid URL.'],
        api_key: ['This field may not be null.'],
        classification_filter: ['This field may not be blank.'],
        is_active: ['Must be a valid boolean.'],
        invoice_price_source: ['"list" is not a valid choice.'],
        export_type_reference: ['Ensure this field has no more than 255 characters.'],
        invoice_item_prefix: ['Ensure this field has no more than 100 characters.'],
      },
    });
    const required = ['This field is required.'];
    expect((await app.api.post(path, {})).body).toEqual({ api_url: required, api_key: required });
    expect((await app.api.put(`${path}${randomUUID()}/`, {})).status).toBe(404);
  });

  it('are not deleted while mappings refer to them', async () => {
    const settings = await make.settings();
    const mapping = await make.mapping({ settings: settings.uuid });
    expect(await app.api.delete(settings.url)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('customer mapping rows still refer to it') },
    });
    await app.api.delete(mapping.url);
    expect((await app.api.delete(settings.url)).status).toBe(204);
    expect((await app.api.get(settings.url)).status).toBe(404);
  });

  it('are deleted with the rules they would be billed by, which looking at does not make', async () => {
    const rules = '/api/admin/arrow/billing-accounts/';
    const stored = async () =>
      (await app.database.query<{ settings_uuid: string }[]>('SELECT settings_uuid FROM billing_account')).map(
        ({ settings_uuid }) => settings_uuid,
      );
    await app.database.query('DELETE FROM billing_account');
    const [first, second] = [await make.settings(), await make.settings({ api_key: secondKey.apiKey })];
    const looked = await app.api.get(`${rules}${first.uuid}/`);
    expect([looked.status, await stored()]).toEqual([200, []]);
    const spend = await app.api.get(`/api/admin/arrow/billing-syncs/unlinked_spend/?settings_uuid=${first.uuid}`);
    expect([spend.status, spend.body, await stored()]).toEqual([200, [], []]);
    expect((await app.api.patch(`${rules}${first.uuid}/`, {})).body).toEqual(looked.body);
    await app.api.patch(`${rules}${first.uuid}/`, { tax_percent: 22 });
    expect(await stored()).toEqual([first.uuid]);

    // Both are one partner's: its rules stay as long as it has settings.
    expect((await app.api.delete(first.url)).status).toBe(204);
    expect((await app.api.get(`${rules}${second.uuid}/`)).body.tax_percent).toBe('22.00');
    await app.database.query(
      'DELETE FROM arrow_settings WHERE uuid NOT IN (SELECT settings_uuid FROM billing_account)',
    );
    const [heir] = await stored();
    await app.database.query(
      "INSERT INTO billing_month (account_uuid, month) SELECT uuid, '2026-01-01' FROM billing_account",
    );
    expect(await app.api.delete(`${path}${heir}/`)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('billing month rows still refer to it') },
    });
    await app.database.query('DELETE FROM billing_month');
    expect((await app.api.delete(`${path}${heir}/`)).status).toBe(204);
    expect(await stored()).toEqual([]);
  });

  it('are for staff only', async () => {
    const { token } = await make.user();
    for (const action of ['', 'validate_credentials/', 'discover_customers/', 'preview_settings/', 'save_settings/']) {
      expect((await app.api.as(token).post(`${path}${action}`, credentials())).status).toBe(403);
      expect((await app.api.as(undefined).post(`${path}${action}`, credentials())).status).toBe(401);
    }
    expect(app.arrow.requests).toHaveLength(0);
  });

  describe('Trying credentials', () => {
    const validate = (body: object) => app.api.post(`${path}validate_credentials/`, body);

    it('says which partner they belong to and which export types they see', async () => {
      app.arrow.data.exportTypes = [exportType({ reference: 'E1-2-1', name: 'Light' })];
      expect(await validate(credentials())).toMatchObject({
        status: 200,
        body: {
          valid: true,
          partner_info: { reference: 'XSP100001', company_name: 'Põhjala Cloud OÜ' },
          export_types: [{ reference: 'E1-2-1', name: 'Light' }],
        },
      });
    });

    it('says why they do not work, and answers 200 all the same', async () => {
      const wrong = await validate(credentials('wrong'));
      expect(wrong).toMatchObject({ status: 200, body: { valid: false, error: expect.stringContaining('rejected') } });
      const unreachable = await validate({ ...credentials(), api_url: 'http://127.0.0.1:1/' });
      expect(unreachable).toMatchObject({ status: 200, body: { valid: false, error: expect.any(String) } });
      const notAKey = await validate(credentials('ключ'));
      expect(notAKey).toMatchObject({ status: 400, body: { api_key: [expect.stringContaining('ASCII')] } });
    });

    it('takes a key that may not see export types', async () => {
      app.arrow.faults.add({ path: /exports\/types/, action: { kind: 'status', status: 403 } });
      expect(await validate(credentials())).toMatchObject({ status: 200, body: { valid: true, export_types: [] } });
    });
  });
});

describe('Where ArrowSphere keys may not go', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp({ ARROW_ALLOW_PRIVATE_HOSTS: 'false' });
  });
  afterAll(() => app.stop());

  it.each([
    'http://xsp.arrow.com/api/',
    'https://127.0.0.1/api/',
    'https://10.0.0.8/api/',
    'https://169.254.169.254/latest/',
    'https://[::1]/',
    'https://localhost/api/',
    'https://user:secret@xsp.arrow.com/',
  ])('%s is refused by every way in, before anything is sent', async (api_url) => {
    for (const action of ['', 'validate_credentials/', 'discover_customers/', 'preview_settings/', 'save_settings/']) {
      const { status, body } = await app.api.post(`${path}${action}`, { api_url, api_key: 'some-long-api-key' });
      expect([action, status, body]).toEqual([action, 400, { api_url: [expect.any(String)] }]);
    }
  });

  it.each(['kéy', 'key\u200b', 'key\nX-Header: 1', '“key”', '🔑', 'key\u007f'])(
    'says of the key %j that it cannot be one, and asks nobody',
    async (api_key) => {
      const before = app.arrow.requests.length;
      const wrong = { status: 400, body: { api_key: [expect.stringContaining('only ASCII is possible')] } };
      const body = { api_url: app.arrow.url, api_key };
      for (const action of ['', 'validate_credentials/', 'discover_customers/', 'save_settings/'])
        expect(await app.api.post(`${path}${action}`, body)).toMatchObject(wrong);
      expect(app.arrow.requests.length).toBe(before);
    },
  );
});
