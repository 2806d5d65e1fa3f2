import type { Case, CaseMaker, JsonAnswer } from './harness.js';
import { PERIOD, type Seeded, type World } from './world.js';

type Makers = CaseMaker<World>[];

const [year, month] = PERIOD.split('-').map(Number) as [number, number];
const plain: CaseMaker<World> = () => ({});
const body = <T>(answer: JsonAnswer) => answer.body as T;

/** A list that holds at least one row, plainly and with each of the given queries. */
const list = (...queries: ((world: World) => string)[]): Makers => [
  () => ({ about: 'all', check: (answer) => expect(body<unknown[]>(answer).length).toBeGreaterThan(0) }),
  ...queries.map((query): CaseMaker<World> => (world) => ({
    about: query(world),
    query: query(world),
    check: (answer) => expect(body<unknown[]>(answer).length).toBeGreaterThan(0),
  })),
];
const count = (query: (world: World) => string = () => 'page_size=1'): Makers => [
  () => ({ check: ({ headers }) => expect(Number(headers['x-result-count'])).toBeGreaterThan(0) }),
  (world) => ({
    about: query(world),
    query: query(world),
    check: ({ headers }) => expect(Number(headers['x-result-count'])).toBeGreaterThan(0),
  }),
];
const objectCount: Makers = [() => ({ check: ({ headers }) => expect(headers['x-result-count']).toBe('1') })];

/** An object of the world, by the key it has there; its UUID in both forms. */
const one = (
  key:
    | 'settings'
    | 'mapping'
    | 'vendorMapping'
    | 'customer'
    | 'project'
    | 'offering'
    | 'storage'
    | 'resource'
    | 'otherResource',
): Makers => [
  (world) => ({ uuid: world[key].uuid, check: (answer) => expect(body<Seeded>(answer).uuid).toBe(world[key].uuid) }),
  (world) => ({
    about: 'hex',
    uuid: hex(world[key].uuid),
    check: (answer) => expect(body<Seeded>(answer).uuid).toBe(world[key].uuid),
  }),
];
/** What ArrowSphere does not answer while one call is made. */
const failing =
  (path: RegExp, make: (world: World) => Case): CaseMaker<World> =>
  (world) => {
    const fault = world.emulator.faults.add({ path, action: { kind: 'status', status: 500 } });
    return { about: 'ArrowSphere fails', ...make(world), after: () => world.emulator.faults.remove(fault) };
  };
const hex = (uuid: string) => uuid.replaceAll('-', '');

/** The first row of a list, fetched when it is needed. */
const firstOf = (path: string): Makers => [
  async (world) => {
    const [row] = await world.get<Seeded[]>(path);
    return { uuid: row!.uuid, check: (answer) => expect(body<Seeded>(answer)).toEqual(row) };
  },
];

const SETTINGS = '/api/admin/arrow/settings/';
const MAPPINGS = '/api/admin/arrow/customer-mappings/';
const VENDORS = '/api/admin/arrow/vendor-offering-mappings/';

const spareSettings = (world: World) => world.post(SETTINGS, { ...world.credentials(), is_active: false });
const spareMapping = (world: World, turn: number) => world.post(MAPPINGS, world.newMapping(`XSP4${turn}`));
const vendorMapping = (world: World, turn: number) => ({
  settings: world.settings.uuid,
  arrow_vendor_name: `Vendor ${turn}`,
  offering: world.offering.uuid,
});
const spareVendorMapping = (world: World, turn: number) => world.post(VENDORS, vendorMapping(world, turn));
/** Later cases go on with the world's own settings. */
const reactivate = (world: World) =>
  world.send('PATCH', `${SETTINGS}${world.settings.uuid}/`, { is_active: true }).then(() => undefined);

/** Later cases need what was paused. */
const resumed = async (answer: JsonAnswer, world: World, given: object) => {
  expect(body<{ paused: string[] }>(answer).paused).toHaveLength(1);
  await world.send('POST', '/api/admin/arrow/billing-syncs/resume_sync/', given);
};

/** Every operation of the contract that this service offers, with the calls that have to succeed. */
export const CASES: Record<string, Makers> = {
  admin_arrow_settings_list: list(
    () => 'is_active=true',
    () => 'is_active=1',
    () => 'o=-created&page_size=1',
  ),
  admin_arrow_settings_count: count(),
  admin_arrow_settings_retrieve: one('settings'),
  admin_arrow_settings_create: [
    (world) => ({ body: { ...world.credentials(), is_active: false } }),
    (world) => ({
      about: 'all fields',
      body: {
        ...world.credentials(),
        export_type_reference: 'E1-2-00000001',
        classification_filter: 'SAAS',
        is_active: false,
        sync_enabled: true,
        invoice_price_source: 'buy',
        invoice_item_prefix: 'Arrow',
      },
      check: (answer) =>
        expect(body<Seeded>(answer)).toMatchObject({
          classification_filter: 'SAAS',
          invoice_price_source: 'buy',
          partner_reference: 'XSP100001',
        }),
    }),
  ],
  admin_arrow_settings_update: [
    async (world) => ({ uuid: (await spareSettings(world)).uuid, body: { api_url: world.emulator.url } }),
    async (world) => ({
      about: 'new key',
      uuid: (await spareSettings(world)).uuid,
      body: { ...world.credentials(), invoice_price_source: 'sell' },
    }),
  ],
  admin_arrow_settings_partial_update: [
    (world) => ({ about: 'nothing', uuid: world.settings.uuid }),
    (world) => ({
      uuid: world.settings.uuid,
      body: { invoice_item_prefix: 'Cloud' },
      check: (answer) => expect(body<Seeded>(answer).invoice_item_prefix).toBe('Cloud'),
    }),
  ],
  admin_arrow_settings_destroy: [async (world) => ({ uuid: (await spareSettings(world)).uuid })],
  admin_arrow_settings_validate_credentials: [
    (world) => ({ body: world.credentials(), check: (answer) => expect(body(answer)).toMatchObject({ valid: true }) }),
    (world) => ({
      about: 'wrong key',
      body: { ...world.credentials(), api_key: 'wrong' },
      check: (answer) => expect(body(answer)).toMatchObject({ valid: false }),
    }),
  ],
  admin_arrow_settings_discover_customers: [
    (world) => ({
      body: world.credentials(),
      check: (answer) => expect(body<{ arrow_customers: unknown[] }>(answer).arrow_customers).toHaveLength(4),
    }),
  ],
  admin_arrow_settings_preview_settings: [(world) => ({ body: world.credentials() })],
  admin_arrow_settings_save_settings: [
    (world) => ({ body: { ...world.credentials(), customer_mappings: [] }, check: () => reactivate(world) }),
    (world) => ({
      about: 'with mappings',
      body: {
        ...world.credentials(),
        export_type_reference: 'E1-2-00000001',
        customer_mappings: [{ arrow_reference: 'XSP300002', waldur_customer_uuid: world.otherCustomer.uuid }],
      },
      check: () => reactivate(world),
    }),
  ],

  admin_arrow_customer_mappings_list: list(
    (world) => `settings_uuid=${world.settings.uuid}&is_active=yes`,
    (world) => `settings=${encodeURIComponent(world.settings.url)}`,
    (world) =>
      `waldur_customer=${encodeURIComponent(world.customer.url)}&waldur_customer_uuid=${hex(world.customer.uuid)}`,
    () => 'arrow_reference=xsp3000&arrow_company_name=company',
  ),
  admin_arrow_customer_mappings_count: count(),
  admin_arrow_customer_mappings_retrieve: one('mapping'),
  admin_arrow_customer_mappings_create: [
    (world, turn) => ({
      body: world.newMapping(`XSP5${turn}`),
      check: (answer) => expect(body<Seeded>(answer).settings).toBe(world.settings.uuid),
    }),
    (world, turn) => ({
      about: 'hyperlinks',
      body: {
        settings: world.settings.url,
        arrow_reference: `XSP5${turn}`,
        waldur_customer: new URL(world.customer.url).pathname,
        is_active: false,
      },
      check: (answer) => expect(answer.headers.location).toBe(body<Seeded>(answer).url),
    }),
  ],
  admin_arrow_customer_mappings_update: [
    async (world, turn) => ({
      about: 'hyperlinks',
      uuid: (await spareMapping(world, turn)).uuid,
      body: { settings: world.settings.url, arrow_reference: `XSP6${turn}`, waldur_customer: world.customer.url },
      check: (answer) => expect(body<Seeded>(answer).waldur_customer).toBe(world.customer.url),
    }),
    async (world, turn) => ({
      about: 'UUIDs',
      uuid: (await spareMapping(world, turn)).uuid,
      body: world.newMapping(`XSP6${turn}`),
    }),
  ],
  admin_arrow_customer_mappings_partial_update: [
    async (world, turn) => ({ about: 'nothing', uuid: (await spareMapping(world, turn)).uuid, body: {} }),
    async (world, turn) => ({
      about: 'UUID',
      uuid: (await spareMapping(world, turn)).uuid,
      body: { waldur_customer: world.customer.uuid },
    }),
    async (world, turn) => ({
      about: 'hyperlink',
      uuid: (await spareMapping(world, turn)).uuid,
      body: { waldur_customer: world.customer.url },
    }),
  ],
  admin_arrow_customer_mappings_destroy: [async (world, turn) => ({ uuid: (await spareMapping(world, turn)).uuid })],
  admin_arrow_customer_mappings_available_customers_retrieve: [
    () => ({
      check: (answer) => expect(body<{ suggestions: unknown[] }>(answer).suggestions.length).toBeGreaterThan(0),
    }),
  ],
  admin_arrow_customer_mappings_available_customers_count: objectCount,
  admin_arrow_customer_mappings_sync_from_arrow: [
    plain,
    (world) => ({ about: 'settings', body: { settings_uuid: world.settings.uuid } }),
  ],
  admin_arrow_customer_mappings_billing_summary_retrieve: [(world) => ({ uuid: world.mapping.uuid })],
  admin_arrow_customer_mappings_discover_licenses_retrieve: [
    (world) => ({
      uuid: world.mapping.uuid,
      check: (answer) => {
        expect(body<{ arrow_licenses: unknown[] }>(answer).arrow_licenses.length).toBeGreaterThan(0);
        expect(body(answer)).toMatchObject({ error: null });
      },
    }),
    failing(/^licenses/, (world) => ({
      uuid: world.mapping.uuid,
      query: 'refresh=true',
      check: (answer) =>
        expect(body(answer)).toMatchObject({ arrow_licenses: [], error: expect.any(String) as string }),
    })),
  ],
  admin_arrow_customer_mappings_fetch_arrow_data_retrieve: [
    (world) => ({ uuid: world.mapping.uuid }),
    (world) => ({
      about: PERIOD,
      uuid: world.mapping.uuid,
      query: `period=${PERIOD}`,
      check: (answer) => expect(body(answer)).toMatchObject({ period: PERIOD, billing_available: true, error: null }),
    }),
    failing(/^consumption/, (world) => ({
      uuid: world.mapping.uuid,
      query: 'refresh=true',
    })),
  ],
  admin_arrow_customer_mappings_import_license: [
    (world) => ({
      uuid: world.mapping.uuid,
      body: {
        license_reference: world.license(),
        offering_uuid: world.offering.uuid,
        project_uuid: world.project.uuid,
      },
    }),
    (world) => ({
      about: 'named',
      uuid: world.mapping.uuid,
      body: {
        license_reference: world.license(),
        license_name: 'Backup',
        offering_uuid: hex(world.offering.uuid),
        project_uuid: world.project.uuid,
      },
      check: (answer) => expect(body(answer)).toMatchObject({ resource_name: 'Backup', success: true }),
    }),
  ],
  admin_arrow_customer_mappings_link_resource: [
    async (world) => ({
      uuid: world.mapping.uuid,
      body: { license_reference: world.license(), resource_uuid: (await world.newResource()).uuid },
    }),
  ],

  admin_arrow_vendor_offering_mappings_list: list(
    (world) => `settings_uuid=${world.settings.uuid}&offering_uuid=${world.offering.uuid}`,
    (world) => `settings=${encodeURIComponent(world.settings.url)}&arrow_vendor_name=micro`,
  ),
  admin_arrow_vendor_offering_mappings_count: count(),
  admin_arrow_vendor_offering_mappings_retrieve: one('vendorMapping'),
  admin_arrow_vendor_offering_mappings_create: [
    (world, turn) => ({
      about: 'no plan',
      body: vendorMapping(world, turn),
      check: (answer) => expect(body(answer)).not.toHaveProperty('plan_uuid'),
    }),
    (world, turn) => ({
      about: 'plan',
      body: { ...vendorMapping(world, turn), plan: world.plan.uuid },
      check: (answer) => expect(body(answer)).toMatchObject({ plan_name: 'Monthly' }),
    }),
    (world, turn) => ({ about: 'null plan', body: { ...vendorMapping(world, turn), plan: null } }),
  ],
  admin_arrow_vendor_offering_mappings_update: [
    async (world, turn) => ({
      uuid: (await spareVendorMapping(world, turn)).uuid,
      body: { ...vendorMapping(world, turn), settings: world.settings.url, plan: world.plan.uuid },
    }),
  ],
  admin_arrow_vendor_offering_mappings_partial_update: [
    async (world, turn) => ({
      uuid: (await spareVendorMapping(world, turn)).uuid,
      body: { plan: world.plan.uuid, is_active: false },
    }),
  ],
  admin_arrow_vendor_offering_mappings_destroy: [
    async (world, turn) => ({ uuid: (await spareVendorMapping(world, turn)).uuid }),
  ],
  admin_arrow_vendor_offering_mappings_vendor_choices_list: list(),
  admin_arrow_vendor_offering_mappings_vendor_choices_count: count(),

  admin_arrow_billing_syncs_list: list(
    (world) => `customer_mapping_uuid=${world.mapping.uuid}&report_period=${PERIOD}`,
    (world) =>
      `customer_mapping=${encodeURIComponent(world.mapping.url)}&report_period_from=${PERIOD}&report_period_to=${PERIOD}`,
  ),
  admin_arrow_billing_syncs_count: count(),
  admin_arrow_billing_syncs_retrieve: [
    (world) => ({ uuid: world.sync.uuid, check: (answer) => expect(body<Seeded>(answer).uuid).toBe(world.sync.uuid) }),
  ],
  admin_arrow_billing_syncs_trigger_sync: [
    () => ({ body: { year, month } }),
    (world) => ({
      about: 'one resource',
      body: { year, month, settings_uuid: world.settings.uuid, resource_uuid: world.resource.uuid },
    }),
  ],
  admin_arrow_billing_syncs_reconcile: [
    (world) => ({ body: { year, month, settings_uuid: world.settings.uuid, force: true } }),
  ],
  admin_arrow_billing_syncs_trigger_reconciliation: [() => ({ body: { year, month } })],
  admin_arrow_billing_syncs_trigger_consumption_sync: [() => ({ body: { year, month } })],
  admin_arrow_billing_syncs_sync_resources: [
    plain,
    (world) => ({
      about: 'period',
      body: { period_from: PERIOD, period_to: PERIOD, settings_uuid: world.settings.uuid },
    }),
  ],
  admin_arrow_billing_syncs_sync_resource_historical_consumption: [
    (world) => ({ body: { resource_uuid: world.resource.uuid, period_from: PERIOD, period_to: PERIOD } }),
    (world) => ({
      about: 'dry run',
      body: { resource_uuid: world.resource.uuid, period_from: PERIOD, period_to: PERIOD, force: true, dry_run: true },
    }),
  ],
  admin_arrow_billing_syncs_cleanup_consumption: [
    plain,
    () => ({
      about: 'a month without records',
      body: { dry_run: false, period_from: '2001-01', period_to: '2001-01', only_unfinalized: true },
    }),
  ],
  admin_arrow_billing_syncs_pause_sync: [
    (world) => ({ body: { pause_global: true }, check: (answer) => resumed(answer, world, { pause_global: true }) }),
    (world) => ({
      about: 'settings',
      body: { settings_uuid: world.settings.uuid },
      check: (answer) => resumed(answer, world, { settings_uuid: world.settings.uuid }),
    }),
    (world) => ({ about: 'active settings', check: (answer) => resumed(answer, world, {}) }),
  ],
  admin_arrow_billing_syncs_resume_sync: [
    () => ({ body: { pause_global: true } }),
    (world) => ({ about: 'settings', body: { settings_uuid: world.settings.uuid } }),
    plain,
  ],
  admin_arrow_billing_syncs_consumption_status_retrieve: [plain],
  admin_arrow_billing_syncs_consumption_status_count: objectCount,
  admin_arrow_billing_syncs_consumption_statistics_retrieve: [plain],
  admin_arrow_billing_syncs_consumption_statistics_count: objectCount,
  admin_arrow_billing_syncs_pending_records_list: list(),
  admin_arrow_billing_syncs_pending_records_count: count(),
  admin_arrow_billing_syncs_fetch_billing_export: [
    () => ({
      body: { period_from: PERIOD, period_to: PERIOD },
      check: (answer) => expect(body<{ row_count: number }>(answer).row_count).toBeGreaterThan(0),
    }),
    () => ({ about: 'classification', body: { period_from: PERIOD, period_to: PERIOD, classification: 'IAAS' } }),
  ],
  admin_arrow_billing_syncs_fetch_consumption: [
    (world) => ({
      body: { license_reference: world.resource.backend_id, period: PERIOD },
      check: (answer) => expect(body<{ row_count: number }>(answer).row_count).toBeGreaterThan(0),
    }),
  ],
  admin_arrow_billing_syncs_fetch_license_info: [
    (world) => ({ body: { license_reference: world.resource.backend_id } }),
  ],
  admin_arrow_billing_sync_items_list: list(
    () => 'vendor_name=micro&classification=IAAS',
    () => `report_period=${PERIOD}&has_compensation=false`,
    () => 'has_compensation=true',
  ),
  admin_arrow_billing_sync_items_count: count(),
  admin_arrow_billing_sync_items_retrieve: firstOf('/api/admin/arrow/billing-sync-items/?has_compensation=true'),
  admin_arrow_consumption_records_list: list(
    (world) => `resource_uuid=${world.resource.uuid}&billing_period=${PERIOD}-01`,
    (world) =>
      `resource=${encodeURIComponent(world.unbilledResource.url)}&customer_uuid=${world.customer.uuid}&is_finalized=true`,
    () => `billing_period_from=${PERIOD}-01&billing_period_to=${PERIOD}-01`,
  ),
  admin_arrow_consumption_records_count: count(),
  admin_arrow_consumption_records_retrieve: [
    async (world) => {
      const [record] = await world.get<Seeded[]>(
        `/api/admin/arrow/consumption-records/?resource_uuid=${world.correctedResource.uuid}`,
      );
      return { uuid: record!.uuid, check: (answer) => expect(body<Seeded>(answer)).toEqual(record) };
    },
  ],

  customers_list: list(
    () => 'name=tehnika&field=name&field=uuid&o=name',
    () => 'query=PT',
  ),
  customers_retrieve: one('customer'),
  projects_list: list((world) => `customer=${world.customer.uuid}&name=&field=name&field=uuid&field=url&o=-created`),
  projects_retrieve: one('project'),
  marketplace_provider_offerings_list: list(() => 'state=Active&o=name'),
  marketplace_provider_offerings_retrieve: [...one('offering'), ...one('storage')],
  marketplace_resources_list: list(
    (world) =>
      `customer_uuid=${world.customer.uuid}&project_uuid=${world.project.uuid}&offering_uuid=${world.offering.uuid}&state=OK`,
    (world) => `backend_id=${String(world.resource.backend_id)}`,
  ),
  marketplace_resources_retrieve: [...one('resource'), ...one('otherResource')],
  users_me_retrieve: [
    plain,
    () => ({ about: 'field', query: 'field=uuid&field=username' }),
    async (world) => ({
      about: 'by a login',
      token: (await world.post<{ token: string }>('/api-auth/password/', world.login)).token,
    }),
  ],
  api_auth_password: [
    (world) => ({
      body: world.login,
      check: async (answer) => {
        const { token } = body<{ token: string }>(answer);
        expect((await world.get<Seeded>('/api/users/me/', token)).username).toBe(world.login.username);
      },
    }),
  ],
};
