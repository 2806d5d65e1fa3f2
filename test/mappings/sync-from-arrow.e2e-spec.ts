import { arrowCustomer } from '../../emulator/data.js';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';
import { processorTime } from '../support/processor-time.js';

const base = '/api/admin/arrow/customer-mappings/';
const path = `${base}sync_from_arrow/`;
const NOBODY = '00000000-0000-4000-8000-000000000000';

describe('Sync from ArrowSphere', () => {
  let app: TestApp;
  let make: Builders;
  let settings: { uuid: string };

  beforeAll(async () => {
    app = await startApp({ ARROW_MAX_RETRIES: '0' });
    make = new Builders(app);
  });
  afterAll(() => app?.stop());
  afterEach(() => app.arrow.faults.clear());
  beforeEach(() => app.database.query('DELETE FROM customer_mapping'));

  const arrowHas = (names: Record<string, string>) =>
    (app.arrow.data.customers = Object.entries(names).map(([Reference, CompanyName]) =>
      arrowCustomer({ Reference, CompanyName }),
    ));
  const mapped = (arrow_reference: string, arrow_company_name: string, given: object = {}) =>
    make.mapping({ settings: settings.uuid, arrow_reference, arrow_company_name, ...given });
  const stored = () =>
    app.database.query('SELECT arrow_company_name AS name, modified FROM customer_mapping ORDER BY arrow_reference');

  it('needs an account', async () => {
    const sentence = 'No Arrow settings found';
    for (const body of [undefined, {}, { settings_uuid: NOBODY }]) {
      const answer = await app.api.post(path, body);
      expect([answer.status, answer.body]).toEqual([
        400,
        { detail: sentence, error: sentence, message: sentence, code: 'settings_missing' },
      ]);
    }
    for (const settings_uuid of ['mine', '', 7, [], {}]) {
      expect((await app.api.post(path, { settings_uuid })).body).toEqual({ settings_uuid: ['Must be a valid UUID.'] });
    }
    expect((await app.api.post(path, { settings_uuid: null })).body).toEqual({
      settings_uuid: ['This field may not be null.'],
    });
    settings = await make.settings();
  });

  it("puts ArrowSphere's own reference into mappings that were made while it could not be asked", async () => {
    arrowHas({ XSP700000: 'Seven', XSP700001: 'Taken' });
    app.arrow.data.customers[0]!.InternalReference = 'INT-0';
    app.arrow.faults.add({ path: /customers/, action: { kind: 'status', status: 500 } });
    const short = await mapped('int-0', '');
    const taken = await mapped('700001', '');
    app.arrow.faults.clear();
    const first = await mapped('XSP700001', 'Taken');
    expect([short, taken].map(({ arrow_reference }) => arrow_reference)).toEqual(['int-0', '700001']);
    expect((await app.api.post(path)).body).toEqual({
      updated: 1,
      renamed: [{ uuid: short.uuid, arrow_reference: 'XSP700000', from: '', to: 'Seven' }],
      corrected: [{ uuid: short.uuid, from: 'int-0', to: 'XSP700000' }],
      missing: ['700001'],
    });
    expect((await app.api.get(short.url)).body.arrow_reference).toBe('XSP700000');
    expect((await app.api.get(first.url)).body.arrow_reference).toBe('XSP700001');
  });

  it('takes over new names, and names what it renamed and what ArrowSphere does not have', async () => {
    const [one, , gone] = [
      await mapped('XSP1', 'Old name'),
      await mapped('XSP2', 'Same name'),
      await mapped('XSP3', 'Kept'),
      await mapped('XSP4', 'Inactive', { is_active: false }),
      await mapped('XSP5', 'Nameless there'),
    ];
    const before = await stored();
    arrowHas({ XSP1: 'Uus nimi OÜ', XSP2: 'Same name', XSP4: 'Renamed too', XSP5: '', XSP9: 'Unmapped' });
    const { status, body } = await app.api.post(path);
    expect([status, body]).toEqual([
      200,
      {
        updated: 1,
        renamed: [{ uuid: one.uuid, arrow_reference: 'XSP1', from: 'Old name', to: 'Uus nimi OÜ' }],
        corrected: [],
        missing: [gone.arrow_reference],
      },
    ]);
    const after = await stored();
    expect(after.map(({ name }: { name: string }) => name)).toEqual([
      'Uus nimi OÜ',
      'Same name',
      'Kept',
      'Inactive',
      'Nameless there',
    ]);
    expect(after[0].modified.getTime()).toBeGreaterThan(before[0].modified.getTime());
    expect(after.slice(1)).toEqual(before.slice(1));
    expect((await app.api.post(path, {})).body).toEqual({ updated: 0, renamed: [], corrected: [], missing: ['XSP3'] });
  });

  it('asks ArrowSphere anew, for the account that is named, active or not', async () => {
    const other = await make.settings({ is_active: false });
    await mapped('XSP1', 'Untouched');
    const mine = await mapped('XSP1', 'Before', { settings: other.uuid });
    arrowHas({ XSP1: 'After' });
    await app.api.post(path, { settings_uuid: other.uuid });
    arrowHas({ XSP1: 'After that' });
    const { body } = await app.api.post(path, { settings_uuid: other.uuid.replaceAll('-', '') });
    expect(body.renamed).toEqual([{ uuid: mine.uuid, arrow_reference: 'XSP1', from: 'After', to: 'After that' }]);
    expect((await stored()).map(({ name }: { name: string }) => name).sort()).toEqual(['After that', 'Untouched']);
  });

  it('stands names that no database takes: NULs, half characters and novels', async () => {
    await mapped('XSP1', 'One');
    await mapped('XSP2', 'Two');
    await mapped('XSP3', 'Three');
    arrowHas({ XSP1: 'A\0B', XSP2: 'C\ud800D', XSP3: `${'x'.repeat(499)}🚀🚀` });
    const { status, body } = await app.api.post(path);
    expect([status, body.updated]).toEqual([200, 3]);
    expect((await stored()).map(({ name }: { name: string }) => name)).toEqual([
      'AB',
      'C\ufffdD',
      `${'x'.repeat(499)}🚀`,
    ]);
    expect((await app.api.post(path)).body.updated).toBe(0);
  });

  it.each([
    ['fails midway', { path: /^customers/, page: 2, action: { kind: 'status', status: 500 } }, 'arrow_unavailable'],
    ['loses a row midway', { path: /^customers/, page: 2, action: { kind: 'drop-rows' } }, 'arrow_incomplete_answer'],
    ['rejects the key', { action: { kind: 'status', status: 401 } }, 'arrow_credentials_rejected'],
  ] as const)('writes nothing when ArrowSphere %s, and says why under both keys', async (_, rule, code) => {
    await mapped('XSP1', 'Before');
    const names = Object.fromEntries(Array.from({ length: 150 }, (__, i) => [`XSP${i}`, `New ${i}`]));
    arrowHas(names);
    app.arrow.faults.add(rule);
    const before = await stored();
    const { status, body } = await app.api.post(path);
    expect([status, body.code, body.error]).toEqual([400, code, body.detail]);
    expect(body.detail).toMatch(/ArrowSphere/);
    expect(await stored()).toEqual(before);
  });

  it('writes nothing, and maps nobody, by a key of another partner that was saved while ArrowSphere could not say so', async () => {
    const other = { apiKey: 'other-reseller-key-0123', reference: 'XSP100009', companyName: 'Tartu Pilv AS' };
    app.arrow.data.partners.push(other);
    await mapped('XSP1', 'Before');
    await make.customer({ name: 'Theirs alone' });
    const theirs = { partnerReference: other.reference, InternalReference: 'XSP1' };
    arrowHas({ XSP1: 'After' });
    app.arrow.data.customers.push(
      arrowCustomer({ Reference: 'XSP1', CompanyName: 'Theirs', ...theirs }),
      arrowCustomer({ Reference: 'XSP77', CompanyName: 'Theirs alone', ...theirs }),
    );
    const url = `/api/admin/arrow/settings/${settings.uuid}/`;
    app.arrow.faults.add({ path: /^whoami/, action: { kind: 'status', status: 503 } });
    expect((await app.api.patch(url, { api_key: other.apiKey })).body.verified).toBe(false);
    app.arrow.faults.clear();
    const body = { dry_run: false };
    for (const action of ['sync_from_arrow', 'auto_map']) {
      const refused = await app.api.post(`${base}${action}/`, action === 'auto_map' ? body : {});
      expect([refused.status, refused.body]).toMatchObject([
        400,
        {
          code: 'key_of_another_partner',
          error: expect.stringContaining('belongs to Tartu Pilv AS (XSP100009), and the account to '),
        },
      ]);
    }
    expect((await stored()).map(({ name }: { name: string }) => name)).toEqual(['Before']);
    await app.api.patch(url, { api_key: app.arrow.apiKey });
    expect((await app.api.post(path)).body.updated).toBe(1);
  });

  it('writes all names or none', async () => {
    await mapped('XSP1', 'One');
    await mapped('XSP2', 'Two');
    arrowHas({ XSP1: 'Fine', XSP2: 'Refused' });
    await app.database.query(
      `ALTER TABLE customer_mapping ADD CONSTRAINT ck_for_this_test CHECK (arrow_company_name <> 'Refused')`,
    );
    const { status } = await app.api.post(path);
    expect([status, (await stored()).map(({ name }: { name: string }) => name)]).toEqual([500, ['One', 'Two']]);
    await app.database.query('ALTER TABLE customer_mapping DROP CONSTRAINT ck_for_this_test');
  });

  it('takes hardly more time where ArrowSphere knows none of many mappings than where it knows all', async () => {
    const of = (prefix: string) => Array.from({ length: 1_500 }, (_, i) => `${prefix}-${i}`);
    arrowHas(Object.fromEntries(of('XSP').map((reference) => [reference, 'Same'])));
    const organisation = await make.customer();
    const measure = async (references: string[]) => {
      await app.database.query('DELETE FROM customer_mapping');
      await app.database.query(
        `INSERT INTO customer_mapping (settings_uuid, waldur_customer_uuid, arrow_company_name, arrow_reference)
         SELECT $1, $2, 'Same', unnest($3::text[])`,
        [settings.uuid, organisation.uuid, references],
      );
      const time = await processorTime(() => app.api.post(path));
      return { time, missing: (await app.api.post(path)).body.missing.length };
    };
    const [all, none] = [await measure(of('XSP')), await measure(of('CODE'))];
    expect([all.missing, none.missing]).toEqual([0, 1_500]);
    expect(none.time).toBeLessThan(all.time * 4);
  });

  it('takes as many statements for 60 mappings as for 3', async () => {
    const measure = async (size: number) => {
      await app.database.query('DELETE FROM customer_mapping');
      const references = Array.from({ length: size }, (_, i) => `XSP${i}`);
      for (const reference of references) await mapped(reference, 'Old');
      arrowHas(Object.fromEntries(references.map((reference) => [reference, `New ${reference}`])));
      return (await app.statements(() => app.api.post(path))).length;
    };
    const few = await measure(3);
    expect([await measure(60), few]).toEqual([few, 4]);
  });
});
