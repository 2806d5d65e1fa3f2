import { randomUUID } from 'node:crypto';
import { arrowCustomer, DEFAULT_PARTNER, emptyData, exportType, recordedExportType } from '../../emulator/data.js';
import type { EmulatorData } from '../../emulator/model.js';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';
import { until } from '../support/until.js';

const path = '/api/admin/arrow/settings/';
const rotatedKey = { ...DEFAULT_PARTNER, apiKey: 'emulator-second-key' };
const other = { apiKey: 'other-reseller-key', reference: 'XSP100002', companyName: 'Tartu Pilv AS' };

const full = () => exportType({ reference: 'E1-2-full', name: 'MSP (Extended)' });
const recorded = () => ({ ...recordedExportType(), reference: 'E1-2-recorded' });
const sellOnly = () =>
  exportType({
    reference: 'E1-2-sell',
    name: 'Light',
    labels: ['Sequence', 'ARS Subscription ID', 'Classification', 'Customer Total Price', 'Vendor Name'],
  });
const useless = () => exportType({ reference: 'E1-2-log', name: 'Order log', labels: ['Order Id', 'Purchase Date'] });

describe('Setting an account up', () => {
  let app: TestApp;
  let make: Builders;

  beforeAll(async () => {
    app = await startApp({ ARROW_MAX_RETRIES: '0', ARROW_CACHE_SECONDS: '0' });
    make = new Builders(app);
  });
  beforeEach(async () => {
    for (const table of ['vendor_offering_mapping', 'customer_mapping', 'arrow_settings']) {
      await app.database.query(`DELETE FROM ${table}`);
    }
    Object.assign(app.arrow.data, emptyData(), {
      partners: [DEFAULT_PARTNER, rotatedKey, other],
      customers: [
        arrowCustomer({ Reference: 'XSP200001', CompanyName: 'Põhjala Tehnika OÜ' }),
        arrowCustomer({ Reference: 'XSP200002', CompanyName: 'Zebra Trading' }),
        arrowCustomer({ Reference: 'XSP200003', CompanyName: 'Nordwind', partnerReference: other.reference }),
      ],
      exportTypes: [useless(), sellOnly(), recorded(), full()],
    } satisfies Partial<EmulatorData>);
    app.arrow.resetCounters();
  });
  afterEach(() => app.arrow.faults.clear());
  afterAll(() => app.stop());

  const credentials = (apiKey = app.arrow.apiKey) => ({ api_url: app.arrow.url, api_key: apiKey });
  const discover = (body: object = {}) => app.api.post(`${path}discover_customers/`, { ...credentials(), ...body });
  const preview = (body: object = {}) => app.api.post(`${path}preview_settings/`, { ...credentials(), ...body });
  const save = (body: object = {}) => app.api.post(`${path}save_settings/`, { ...credentials(), ...body });
  const accounts = async () => (await app.api.get(`${path}?page_size=300`)).body;
  const mappings = async () => (await app.api.get('/api/admin/arrow/customer-mappings/?page_size=300')).body;

  describe('Discovering', () => {
    it('lists the customers with the organisations they might be, and saves nothing', async () => {
      const organisation = await make.customer({ name: 'Pohjala Tehnika', abbreviation: 'PT' });
      const { status, body } = await discover();
      expect(status).toBe(200);
      expect(body.arrow_customers).toEqual([
        expect.objectContaining({ reference: 'XSP200001', companyName: 'Põhjala Tehnika OÜ', countryCode: 'EE' }),
        expect.objectContaining({ reference: 'XSP200002' }),
      ]);
      expect(body.waldur_customers).toContainEqual({
        uuid: organisation.uuid,
        name: 'Pohjala Tehnika',
        abbreviation: 'PT',
      });
      const [likely, none] = body.suggestions;
      expect(likely).toMatchObject({
        arrow_customer: { reference: 'XSP200001' },
        suggested_waldur_customer: { uuid: organisation.uuid },
        existing_mapping: false,
      });
      expect(likely.confidence).toBeGreaterThan(0.5);
      expect(none).toMatchObject({ arrow_customer: { reference: 'XSP200002' }, existing_mapping: false });
      expect(none).not.toHaveProperty('suggested_waldur_customer');
      expect(body).not.toHaveProperty('settings_uuid');
      expect(body).toMatchObject({ partner_reference: 'XSP100001', partner_name: 'Põhjala Cloud OÜ' });
      expect(await accounts()).toEqual([]);
    });

    it('keeps mapped customers in the list, with their mapping', async () => {
      const settings = await make.settings();
      const mapping = await make.mapping({ ...{ settings: settings.uuid, arrow_reference: 'XSP200001' } });
      const { body } = await discover();
      expect(body.settings_uuid).toBe(settings.uuid);
      expect(body.suggestions[0]).toMatchObject({ existing_mapping: true, mapping_uuid: mapping.uuid, confidence: 0 });
      expect(body.suggestions[0]).not.toHaveProperty('suggested_waldur_customer');
    });

    it.each(['map', 'list'] as const)('compares export types sent as a %s with what billing needs', async (form) => {
      app.arrow.data.behaviour.exportTypesAs = form;
      const { body } = await discover();
      expect(body.export_types.map(({ name, best }: { name: string; best: boolean }) => [name, best])).toEqual([
        ['MSP (Extended)', true],
        ['Standard', false],
        ['Light', false],
        ['Order log', false],
      ]);
      const [best, standard, light, log] = body.export_types;
      expect(best).toEqual({
        reference: 'E1-2-full',
        name: 'MSP (Extended)',
        ...{ required_fields_total: 5, required_fields_found: 5, missing_required_fields: [] },
        ...{ important_fields_total: 14, important_fields_found: 14, missing_important_fields: [] },
        ...{ compatible: true, recommended: true, best: true },
      });
      expect(standard).toMatchObject({
        compatible: true,
        recommended: true,
        missing_important_fields: ['Statement Reference'],
      });
      expect(light).toMatchObject({
        ...{ required_fields_found: 4, missing_required_fields: ['Buy Total Price or Total Wholesale Price'] },
        ...{ compatible: false, recommended: false, important_fields_found: 1 },
      });
      expect(log).toMatchObject({ required_fields_found: 1, compatible: false });
      expect(log.missing_required_fields).toContain('ARS Subscription ID or License Reference');
    });

    it('reads definitions at the same time, and runs no export', async () => {
      app.arrow.data.exportTypes = Array.from({ length: 8 }, () => full()).map((type, i) => ({
        ...type,
        reference: `E1-2-${i}`,
      }));
      const release = app.arrow.hold(({ path }) => /exports\/types\/./.test(path));
      const discovery = discover();
      await until(() => app.arrow.inFlight >= 4);
      release();
      const { body } = await discovery;
      expect(body.export_types).toHaveLength(8);
      expect(app.arrow.requests.some(({ path }) => path.includes('exports/sync'))).toBe(false);
    });

    it('recognises columns that the partner renamed, and those that cannot be told apart', async () => {
      const { columns } = full();
      const renamed: Record<string, string> = { ...columns, 'customer-total-price': 'Price we sell at' };
      delete renamed['sell-total-price'];
      const twice = { ...columns, 'total-wholesale-price': 'Sell Total Price' };
      app.arrow.data.exportTypes = [
        exportType({ reference: 'E1-2-renamed', name: 'Renamed', columns: renamed }),
        exportType({ reference: 'E1-2-twice', name: 'Twice', columns: twice }),
      ];
      const [first, second] = (await discover()).body.export_types;
      expect(first).toMatchObject({ name: 'Renamed', compatible: true });
      expect(second).toMatchObject({
        ...{ name: 'Twice', compatible: false, required_fields_found: 4 },
        missing_required_fields: ['Sell Total Price (on more than one column)'],
      });
    });

    it('goes on without one definition that cannot be read, and without export types that may not be seen', async () => {
      app.arrow.faults.add({ path: /types\/E1-2-full$/, action: { kind: 'no-data' } });
      const { body } = await discover();
      expect(body.export_types).toHaveLength(4);
      expect(body.export_types[0]).toMatchObject({ reference: 'E1-2-recorded', best: true });
      expect(body.export_types.find(({ reference }: { reference: string }) => reference === 'E1-2-full')).toMatchObject(
        {
          ...{ compatible: false, required_fields_found: 0, error: expect.stringContaining('cannot be read') },
        },
      );
      app.arrow.faults.clear();
      app.arrow.faults.add({ path: /exports\/types$/, action: { kind: 'status', status: 403 } });
      expect(await discover()).toMatchObject({
        status: 200,
        body: { export_types: [], export_types_error: expect.stringContaining('does not allow') },
      });
    });

    it('answers nothing rather than half a list', async () => {
      app.arrow.faults.add({ path: /^customers$/, action: { kind: 'status', status: 500 } });
      const { status, body } = await discover();
      expect(status).toBe(400);
      expect(body).toEqual({
        detail: expect.any(String),
        error: body.detail,
        message: body.detail,
        code: 'arrow_unavailable',
      });
    });
  });

  it.each(['discover_customers', 'preview_settings', 'save_settings'])(
    '%s answers a wrong key and an unreachable host with one sentence, and saves nothing',
    async (action) => {
      const wrong = await app.api.post(`${path}${action}/`, credentials('wrong'));
      expect(wrong.status).toBe(400);
      expect(wrong.body).toEqual({
        detail: expect.stringContaining('ArrowSphere rejected the API key'),
        error: wrong.body.detail,
        message: wrong.body.detail,
        code: 'arrow_credentials_rejected',
      });
      const away = await app.api.post(`${path}${action}/`, { ...credentials(), api_url: 'http://127.0.0.1:1/' });
      expect(away).toMatchObject({ status: 400, body: { code: 'arrow_unavailable', error: away.body.detail } });
      const required = ['This field is required.'];
      const nothing = await app.api.post(`${path}${action}/`, {});
      expect(nothing).toMatchObject({ status: 400, body: { api_url: required, api_key: required } });
      expect(await accounts()).toEqual([]);
    },
  );

  describe('Previewing', () => {
    it('says what saving would do, and saves nothing', async () => {
      const { status, body } = await preview({ sync_enabled: true });
      expect(status).toBe(200);
      expect(body).toEqual({
        ...credentialsWithoutKey(),
        partner_name: 'Põhjala Cloud OÜ',
        partner_reference: 'XSP100001',
        export_type_reference: 'E1-2-full',
        classification_filter: 'IAAS',
        sync_enabled: true,
        invoice_price_source: 'sell',
        warnings: [],
      });
      expect(await accounts()).toEqual([]);
    });

    it('shows what is stored where nothing else is asked for', async () => {
      const settings = await make.settings({
        ...{ classification_filter: 'SAAS', sync_enabled: true, invoice_price_source: 'buy' },
        export_type_reference: 'E1-2-recorded',
      });
      expect((await preview({ export_type_reference: '' })).body).toMatchObject({
        ...{ classification_filter: 'SAAS', sync_enabled: true, invoice_price_source: 'buy' },
        ...{ export_type_reference: 'E1-2-recorded', settings_uuid: settings.uuid },
      });
      const asked = await preview({ classification_filter: 'IAAS', export_type_reference: 'E1-2-full' });
      expect(asked.body).toMatchObject({ classification_filter: 'IAAS', export_type_reference: 'E1-2-full' });
    });

    const credentialsWithoutKey = () => ({ api_url: app.arrow.url });
  });

  describe('Saving', () => {
    it('gets from a key to an account that bills, with mappings named by ArrowSphere', async () => {
      const [one, two] = [await make.customer({ name: 'One' }), await make.customer({ name: 'Two' })];
      const { status, body } = await save({
        customer_mappings: [
          { arrow_reference: ' XSP200001 ', waldur_customer_uuid: one.uuid.replaceAll('-', '') },
          { arrow_reference: 'XSP200002', waldur_customer_uuid: two.uuid },
        ],
      });
      expect(status).toBe(201);
      const [account] = await accounts();
      const saved = {
        outcome: 'created',
        shared_organisation: false,
        known_to_arrow: true,
        mapping_uuid: expect.any(String),
      };
      expect(body).toEqual({
        settings_uuid: account.uuid,
        mappings_created: 2,
        message: 'The account of Põhjala Cloud OÜ was added. 2 mappings were created.',
        created: true,
        partner_reference: 'XSP100001',
        partner_name: 'Põhjala Cloud OÜ',
        export_type_reference: 'E1-2-full',
        mappings: [
          { arrow_reference: 'XSP200001', waldur_customer_uuid: one.uuid, ...saved },
          { arrow_reference: 'XSP200002', waldur_customer_uuid: two.uuid, ...saved },
        ],
        warnings: [],
      });
      expect(account).toMatchObject({
        ...{ is_active: true, export_type_reference: 'E1-2-full', classification_filter: 'IAAS', sync_enabled: false },
        ...{ invoice_price_source: 'sell', invoice_item_prefix: 'Arrow consumption', key_hint: '-key' },
      });
      const rows = await mappings();
      expect(rows.map((row: Record<string, unknown>) => [row.arrow_reference, row.arrow_company_name]).sort()).toEqual([
        ['XSP200001', 'Põhjala Tehnika OÜ'],
        ['XSP200002', 'Zebra Trading'],
      ]);
    });

    it('takes everything that billing can be told', async () => {
      await save({
        ...{ export_type_reference: 'E1-2-recorded', classification_filter: 'SAAS', sync_enabled: true },
        ...{ invoice_price_source: 'buy', invoice_item_prefix: '' },
      });
      expect((await accounts())[0]).toMatchObject({
        ...{ export_type_reference: 'E1-2-recorded', classification_filter: 'SAAS', sync_enabled: true },
        ...{ invoice_price_source: 'buy', invoice_item_prefix: '' },
      });
    });

    it('rotates a key in place: mappings, vendors and what is not asked for stay', async () => {
      const first = await save({
        sync_enabled: true,
        classification_filter: 'SAAS',
        export_type_reference: 'E1-2-recorded',
      });
      const mapping = await make.mapping({ settings: first.body.settings_uuid });
      const vendor = await make.vendorMapping({ settings: first.body.settings_uuid });
      const again = await save({ api_key: rotatedKey.apiKey, invoice_item_prefix: 'Cloud' });
      expect(again).toMatchObject({
        status: 201,
        body: {
          ...{ settings_uuid: first.body.settings_uuid, created: false, mappings_created: 0, warnings: [] },
          message: 'The account of Põhjala Cloud OÜ was updated.',
        },
      });
      const [account, ...more] = await accounts();
      expect(more).toEqual([]);
      expect(account).toMatchObject({
        ...{ sync_enabled: true, classification_filter: 'SAAS', export_type_reference: 'E1-2-recorded' },
        ...{ invoice_item_prefix: 'Cloud', is_active: true },
      });
      expect((await app.api.get(mapping.url)).body.settings_uuid).toBe(account.uuid);
      expect((await app.api.get(vendor.url)).body.settings_uuid).toBe(account.uuid);
      app.arrow.resetCounters();
      await app.api.get('/api/admin/arrow/customer-mappings/available_customers/');
      expect(app.arrow.requests[0]).toMatchObject({ partner: DEFAULT_PARTNER.reference, status: 200 });
    });

    it('takes a key of another partner for another account, and makes that the only active one', async () => {
      const first = await save();
      const second = await save(credentials(other.apiKey));
      expect(second.body).toMatchObject({ created: true, partner_name: 'Tartu Pilv AS' });
      const states = (await accounts()).map((row: { uuid: string; is_active: boolean }) => [row.uuid, row.is_active]);
      expect(states).toEqual([
        [second.body.settings_uuid, true],
        [first.body.settings_uuid, false],
      ]);
      const back = await save();
      expect(back.body.settings_uuid).toBe(first.body.settings_uuid);
      const active = await app.api.get(`${path}?is_active=true`);
      expect(active.body).toMatchObject([{ uuid: first.body.settings_uuid }]);
    });

    it('adopts an account that was saved while ArrowSphere could not say which partner it belongs to', async () => {
      app.arrow.faults.add({ path: /^whoami$/, count: 1, action: { kind: 'status', status: 503 } });
      const blank = await make.settings();
      expect(blank).toMatchObject({ partner_reference: '', verified: false });
      const saved = await save();
      expect(saved.body).toMatchObject({ settings_uuid: blank.uuid, created: false });
      expect((await accounts())[0]).toMatchObject({ partner_reference: 'XSP100001' });
    });

    it('says of each mapping that is there already how it stands, and leaves it alone', async () => {
      const { settings_uuid: settings } = (await save()).body;
      const [one, two, three] = [await make.customer(), await make.customer(), await make.customer()];
      const there = await make.mapping({ ...{ settings, waldur_customer: one.uuid, arrow_reference: 'XSP200001' } });
      await make.mapping({
        ...{ settings, waldur_customer: two.uuid, arrow_reference: 'XSP200009', is_active: false },
      });
      await make.mapping({ ...{ settings, waldur_customer: two.uuid, arrow_reference: 'XSP200002' } });
      const before = await mappings();
      const { status, body } = await save({
        customer_mappings: [
          { arrow_reference: 'XSP200001', waldur_customer_uuid: one.uuid },
          { arrow_reference: 'XSP200009', waldur_customer_uuid: two.uuid },
          { arrow_reference: 'XSP200002', waldur_customer_uuid: three.uuid },
          { arrow_reference: 'XSP200010', waldur_customer_uuid: one.uuid },
        ],
      });
      expect([status, body.mappings_created]).toEqual([201, 1]);
      expect(body.message).toBe('The account of Põhjala Cloud OÜ was updated. 1 mapping was created, 3 there already.');
      expect(body.mappings).toEqual([
        expect.objectContaining({ outcome: 'exists', mapping_uuid: there.uuid, shared_organisation: true }),
        expect.objectContaining({ outcome: 'inactive', known_to_arrow: false, shared_organisation: false }),
        expect.objectContaining({ outcome: 'mapped_elsewhere', waldur_customer_uuid: two.uuid }),
        expect.objectContaining({ outcome: 'created', known_to_arrow: false, shared_organisation: true }),
      ]);
      expect(body.warnings).toEqual(['ArrowSphere has no customer XSP200009, XSP200010.']);
      expect((await mappings()).slice(1)).toEqual(before);
    });

    it("leaves the mapping of a customer alone that holds another text than ArrowSphere's reference", async () => {
      const { settings_uuid: settings } = (await save()).body;
      const [one, two] = [await make.customer(), await make.customer()];
      app.arrow.data.customers[0]!.InternalReference = 'INT-1';
      app.arrow.faults.add({ path: /customers/, action: { kind: 'status', status: 500 } });
      const there = await make.mapping({ settings, waldur_customer: one.uuid, arrow_reference: 'int-1' });
      app.arrow.faults.clear();
      const found = (await discover()).body.suggestions;
      expect(found[0]).toMatchObject({ arrow_customer: { reference: 'XSP200001' }, mapping_uuid: there.uuid });
      const { body } = await save({
        customer_mappings: [{ arrow_reference: 'XSP200001', waldur_customer_uuid: two.uuid }],
      });
      expect(body).toMatchObject({
        mappings_created: 0,
        mappings: [{ outcome: 'mapped_elsewhere', mapping_uuid: there.uuid, known_to_arrow: true }],
        warnings: [],
      });
      expect(await mappings()).toHaveLength(1);
    });

    it('refuses references given twice and unknown organisations, naming every entry, and saves nothing', async () => {
      const organisation = await make.customer();
      const unknown = randomUUID();
      const refused = await save({
        customer_mappings: [
          { arrow_reference: 'XSP200001', waldur_customer_uuid: organisation.uuid },
          { arrow_reference: 'XSP200002', waldur_customer_uuid: unknown },
          { arrow_reference: ' XSP200001', waldur_customer_uuid: organisation.uuid },
        ],
      });
      expect(refused.status).toBe(400);
      expect(refused.body).toEqual({
        customer_mappings: [
          {},
          { waldur_customer_uuid: [`Object with uuid=${unknown} does not exist.`] },
          { arrow_reference: ['XSP200001 is given in entry 1 already.'] },
        ],
      });
      expect(app.arrow.requests).toEqual([]);
      expect(await accounts()).toEqual([]);
    });

    it('refuses entries that are none, naming every wrong field', async () => {
      const refused = await save({
        export_type_reference: 'e'.repeat(256),
        sync_enabled: 'perhaps',
        customer_mappings: [
          { arrow_reference: '', waldur_customer_uuid: 'x' },
          {},
          'XSP200001',
          { arrow_reference: null },
        ],
      });
      const required = ['This field is required.'];
      expect(refused).toMatchObject({
        status: 400,
        body: {
          export_type_reference: ['Ensure this field has no more than 255 characters.'],
          sync_enabled: ['Must be a valid boolean.'],
          customer_mappings: [
            { arrow_reference: ['This field may not be blank.'], waldur_customer_uuid: ['Must be a valid UUID.'] },
            { arrow_reference: required, waldur_customer_uuid: required },
            { non_field_errors: ['Invalid data. Expected a dictionary, but got str.'] },
            { arrow_reference: ['This field may not be null.'], waldur_customer_uuid: required },
          ],
        },
      });
      expect((await save({ customer_mappings: {} })).body).toEqual({
        customer_mappings: { non_field_errors: ['Expected a list of items but got type "dict".'] },
      });
    });

    it('takes several ArrowSphere customers of one organisation, and says so', async () => {
      const organisation = await make.customer();
      const { body } = await save({
        customer_mappings: ['XSP200001', 'XSP200002'].map((arrow_reference) => ({
          ...{ arrow_reference, waldur_customer_uuid: organisation.uuid },
        })),
      });
      expect(body.mappings_created).toBe(2);
      expect(body.mappings.every((row: { shared_organisation: boolean }) => row.shared_organisation)).toBe(true);
    });

    it('leaves no account behind when an organisation goes while mappings are made', async () => {
      const organisation = await make.customer();
      // The customers are asked for after the entries were checked and before anything is written.
      const release = app.arrow.hold(({ path }) => path === 'customers');
      const saving = save({
        customer_mappings: [{ arrow_reference: 'XSP1', waldur_customer_uuid: organisation.uuid }],
      });
      await until(() => app.arrow.requests.some(({ path }) => path === 'customers'));
      expect((await app.api.delete(organisation.url)).status).toBe(204);
      release();
      expect(await saving).toMatchObject({ status: 409, body: { code: 'organisation_gone' } });
      expect(await accounts()).toEqual([]);
    });

    it('saves without names when the customers cannot be listed, and says so', async () => {
      app.arrow.faults.add({ path: /^customers$/, action: { kind: 'status', status: 403 } });
      const organisation = await make.customer();
      const { status, body } = await save({
        customer_mappings: [{ arrow_reference: 'XSP200001', waldur_customer_uuid: organisation.uuid }],
      });
      expect(status).toBe(201);
      expect(body.mappings).toMatchObject([{ outcome: 'created', known_to_arrow: null }]);
      expect(body.warnings).toEqual([expect.stringContaining('no company names yet')]);
    });

    describe('Choosing the export type', () => {
      it('refuses one that ArrowSphere does not have', async () => {
        const refused = await save({ export_type_reference: 'E1-2-nowhere' });
        expect(refused.status).toBe(400);
        expect(refused.body).toEqual({ export_type_reference: [expect.stringContaining('does not have')] });
        expect(await accounts()).toEqual([]);
      });

      it('takes one that cannot be billed by where it is asked for, and warns', async () => {
        const { body } = await save({ export_type_reference: 'E1-2-log' });
        expect(body).toMatchObject({ export_type_reference: 'E1-2-log' });
        expect(body.warnings).toEqual([expect.stringContaining('"Order log" (E1-2-log) cannot be billed by')]);
      });

      it('needs only the price that is invoiced', async () => {
        app.arrow.data.exportTypes = [sellOnly()];
        expect((await save()).body).toMatchObject({ export_type_reference: 'E1-2-sell', warnings: [] });
        expect((await save({ invoice_price_source: 'buy' })).body.warnings).toEqual([
          expect.stringContaining('it has no Buy Total Price or Total Wholesale Price'),
        ]);
      });

      it('leaves it blank where none can be billed by, and says why', async () => {
        app.arrow.data.exportTypes = [useless()];
        const { status, body } = await save();
        expect([status, body.export_type_reference]).toEqual([201, '']);
        expect(body.warnings).toEqual([expect.stringContaining('billing cannot run. The export type "Order log"')]);
        app.arrow.data.exportTypes = [];
        expect((await save()).body.warnings).toEqual([expect.stringContaining('ArrowSphere has none for this key')]);
        app.arrow.data.exportTypes = [full()];
        expect((await save()).body).toMatchObject({ export_type_reference: 'E1-2-full', warnings: [] });
      });

      it('replaces a stored one only when it is gone, and says so', async () => {
        await save({ export_type_reference: 'E1-2-recorded' });
        app.arrow.data.exportTypes = [useless()];
        const none = await save();
        expect(none.body.export_type_reference).toBe('E1-2-recorded');
        expect(none.body.warnings[0]).toBe('ArrowSphere does not have the stored export type E1-2-recorded any more.');
        app.arrow.data.exportTypes = [full()];
        expect((await save()).body).toMatchObject({
          export_type_reference: 'E1-2-full',
          warnings: [expect.stringContaining('"MSP (Extended)" replaces it')],
        });
      });
    });

    it('keeps names as far as they can be stored, and takes no export type whose reference is too long', async () => {
      app.arrow.data.exportTypes = [{ ...full(), reference: `E1-2-${'0'.repeat(300)}` }];
      app.arrow.data.customers[0]!.CompanyName = `Põhjala\u0000 \udc00${'🚀'.repeat(600)}`;
      const { uuid } = await make.customer();
      const saved = await save({ customer_mappings: [{ arrow_reference: 'XSP200001', waldur_customer_uuid: uuid }] });
      expect(saved).toMatchObject({
        status: 201,
        body: { export_type_reference: '', warnings: [expect.stringContaining('longer than the 255 characters')] },
      });
      expect((await mappings())[0].arrow_company_name).toBe(`Põhjala \ufffd${'🚀'.repeat(491)}`);
    });

    it('at once, of one partner and of two, leaves exactly one active account and no mapping twice', async () => {
      const organisations = await Promise.all([make.customer(), make.customer()]);
      const entries = (at: number) =>
        ['XSP200001', 'XSP200002'].map((arrow_reference) => ({
          ...{ arrow_reference, waldur_customer_uuid: organisations[at]!.uuid },
        }));
      const twoOfOne = await Promise.all([0, 1].map((at) => save({ customer_mappings: entries(at) })));
      expect(twoOfOne.map(({ status }) => status)).toEqual([201, 201]);
      expect(twoOfOne.map(({ body }) => body.mappings_created).sort()).toEqual([0, 2]);
      expect(twoOfOne.map(({ body }) => body.created).sort()).toEqual([false, true]);
      expect(await accounts()).toMatchObject([{ is_active: true }]);
      expect(await mappings()).toHaveLength(2);
      const outcomes = twoOfOne.map(({ body }) => body.mappings.map(({ outcome }: { outcome: string }) => outcome));
      expect(outcomes.sort()).toEqual([
        ['created', 'created'],
        ['mapped_elsewhere', 'mapped_elsewhere'],
      ]);
      const four = await Promise.all([
        save(),
        save(credentials(other.apiKey)),
        save(),
        save(credentials(other.apiKey)),
      ]);
      expect(four.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
      expect(await accounts()).toHaveLength(2);
      expect((await app.api.get(`${path}?is_active=true`)).body).toHaveLength(1);
    });

    it('takes 10,000 mappings with as many statements as one, and refuses more', async () => {
      const organisation = await make.customer();
      const entries = Array.from({ length: 10_000 }, (_, i) => ({
        ...{ arrow_reference: `XSP${300_000 + i}`, waldur_customer_uuid: organisation.uuid },
      }));
      const one = await app.statements(() => save({ customer_mappings: [{ ...entries[0], arrow_reference: 'XSP1' }] }));
      let saved: Awaited<ReturnType<typeof save>> | undefined;
      const indented = JSON.stringify({ ...credentials(), customer_mappings: entries }, null, 2);
      const all = await app.statements(async () => {
        saved = await app.api.post(`${path}save_settings/`, indented);
      });
      expect(saved).toMatchObject({ status: 201, body: { mappings_created: 10_000 } });
      expect(saved!.body.mappings[9_999]).toMatchObject({ arrow_reference: 'XSP309999', outcome: 'created' });
      // Schedules run meanwhile and read accounts of their own accord.
      const ofMappings = (statements: string[]) => statements.filter((sql) => /\bcustomer/.test(sql)).length;
      expect([ofMappings(one), ofMappings(all)]).toEqual([4, 4]);
      const more = await save({ customer_mappings: [...entries, { ...entries[0], arrow_reference: 'XSP2' }] });
      expect(more.body).toEqual({ customer_mappings: ['Ensure this field has no more than 10000 elements.'] });
      const huge = await app.api.post(`${path}save_settings/`, `{"api_key":"${'x'.repeat(5_000_000)}"}`);
      expect(huge.status).toBe(413);
    });
  });
});
