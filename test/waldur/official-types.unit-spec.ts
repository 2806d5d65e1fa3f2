import {
  type Row,
  waldurArrowSettings,
  waldurCustomer,
  waldurCustomerMapping,
  waldurOffering,
  waldurPlan,
  waldurProject,
  waldurResource,
  waldurVendorMapping,
} from '../../emulator/waldur/waldur-data.js';
import { WaldurStandIn } from '../../emulator/waldur/waldur-stand-in.js';
import { ORDER_FIELDS, USER_FIELDS, WALDUR_LISTS } from '../../src/waldur-gateway/waldur-rows.js';

/** `text`, `number`, `flag`, `object`, `list`, or one of these words; `?`: null too. */
type Shape = Readonly<Record<string, string | readonly string[]>>;

const RESOURCE_STATES = ['Creating', 'OK', 'Erred', 'Updating', 'Terminating', 'Terminated'];
const ORDER_STATES = [
  ...['pending-consumer', 'pending-provider', 'pending-project', 'pending-start-date', 'executing'],
  ...['done', 'erred', 'canceled', 'rejected'],
];

/**
 * The keys that are read of Waldur's objects, or that the stand-in answers, as waldur/js-client has them (38b0361a,
 * 22 August 2026), stated by hand.
 */
const TYPES = {
  Customer: {
    ...{ uuid: 'text', name: 'text', abbreviation: 'text', native_name: 'text', email: 'text', backend_id: 'text' },
    ...{ registration_code: 'text', country: 'text', created: 'text' },
  },
  Project: {
    ...{ uuid: 'text', name: 'text', backend_id: 'text', customer_uuid: 'text', is_removed: 'flag', created: 'text' },
  },
  ProviderOfferingDetails: {
    ...{ uuid: 'text', name: 'text', backend_id: 'text', type: 'text', customer_uuid: 'text?', plans: 'list' },
    ...{ state: ['Draft', 'Active', 'Paused', 'Archived', 'Unavailable'], created: 'text' },
  },
  BaseProviderPlan: {
    ...{ uuid: 'text', name: 'text', archived: 'flag', is_active: 'flag' },
    unit: ['month', 'quarter', 'half_month', 'day', 'hour', 'quantity'],
  },
  ProviderPlanDetails: { uuid: 'text', offering: 'text' },
  Resource: {
    ...{ uuid: 'text', name: 'text', backend_id: 'text', state: RESOURCE_STATES, project_uuid: 'text' },
    ...{ project_name: 'text', customer_uuid: 'text', offering_uuid: 'text', offering_name: 'text' },
    ...{ plan_uuid: 'text?', plan_name: 'text?', created: 'text', modified: 'text' },
  },
  OrderDetails: {
    ...{ uuid: 'text', slug: 'text', state: ORDER_STATES, type: ['Create', 'Update', 'Terminate', 'Restore'] },
    ...{ offering_uuid: 'text', offering_name: 'text', offering_type: 'text', project_uuid: 'text' },
    ...{ project_name: 'text', resource_uuid: 'text?', resource_name: 'text', marketplace_resource_uuid: 'text' },
    ...{ attributes: 'object', error_message: 'text', created: 'text', modified: 'text', issue: 'object?' },
  },
  User: {
    ...{ uuid: 'text', username: 'text', email: 'text', first_name: 'text', last_name: 'text' },
    ...{ is_staff: 'flag', is_support: 'flag', is_active: 'flag', date_joined: 'text' },
  },
  InvoiceItem: {
    ...{
      uuid: 'text',
      name: 'text',
      unit_price: 'text',
      quantity: 'text',
      article_code: 'text',
      project_uuid: 'text?',
    },
  },
  ImportUsageResponse: { created: 'number', skipped: 'number', errors: 'list' },
  ImportUsageError: { customer_name: 'text', reason: 'text' },
  ArrowSettings: {
    ...{ uuid: 'text', api_url: 'text', api_key: 'text', export_type_reference: 'text', classification_filter: 'text' },
    ...{ is_active: 'flag', sync_enabled: 'flag', partner_reference: 'text', partner_name: 'text' },
    ...{ invoice_price_source: ['sell', 'buy'], invoice_item_prefix: 'text', created: 'text', modified: 'text' },
  },
  ArrowCustomerMapping: {
    ...{ uuid: 'text', settings_uuid: 'text', arrow_reference: 'text', arrow_company_name: 'text' },
    ...{ waldur_customer_uuid: 'text', waldur_customer_name: 'text', is_active: 'flag' },
    ...{ created: 'text', modified: 'text' },
  },
  ArrowVendorOfferingMapping: {
    ...{ uuid: 'text', settings_uuid: 'text', arrow_vendor_name: 'text', offering: 'text', offering_uuid: 'text' },
    ...{ offering_name: 'text', offering_type: 'text', plan_uuid: 'text', is_active: 'flag' },
    ...{ created: 'text', modified: 'text' },
  },
  Status: { status: 'text' },
  OrderInfoResponse: { detail: 'text' },
} satisfies Record<string, Shape>;

const IS: Readonly<Record<string, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  flag: (value) => typeof value === 'boolean',
  list: Array.isArray,
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

/** Keys that the type does not have, and values that it does not allow. */
function faultsOf(row: Record<string, unknown>, type: Shape): string[] {
  return Object.entries(row).flatMap(([key, value]) => {
    const shape = type[key];
    if (shape === undefined) return [`${key} is not there`];
    if (typeof shape !== 'string') return shape.includes(value as string) ? [] : [`${key}: ${String(value)}`];
    if (shape.endsWith('?') && value === null) return [];
    return IS[shape.replace('?', '')]!(value) ? [] : [`${key}: ${JSON.stringify(value)}`];
  });
}

describe('The stand-in for Waldur, held to the types of the official clients', () => {
  let waldur: WaldurStandIn;
  const customer = waldurCustomer();
  const project = waldurProject(customer);
  const offering = waldurOffering({ plans: [waldurPlan()] });
  const machines = waldurOffering({ type: 'Azure.VirtualMachine' });
  const resource = waldurResource(project, offering);
  const bare = ({ modified: _, created: __, ...plan }: Row) => plan;

  beforeAll(async () => {
    waldur = await WaldurStandIn.start({
      data: { customers: [customer], projects: [project], offerings: [offering, machines], resources: [resource] },
    });
  });
  afterAll(() => waldur?.stop());

  async function call(method: string, path: string, body?: object) {
    const answer = await fetch(`${waldur.url}/api/${path}`, {
      method,
      headers: { Authorization: `Token ${waldur.token}`, 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : undefined };
  }
  const order = (fields: object = {}) =>
    call('POST', 'marketplace-orders/', {
      offering: `${waldur.url}/api/marketplace-public-offerings/${offering.uuid}/`,
      project: `${waldur.url}/api/projects/${project.uuid}/`,
      ...{ attributes: { name: 'Seats' }, slug: 'a-slug', ...fields },
    });

  it.each([
    ['Customer', WALDUR_LISTS.customers],
    ['Project', WALDUR_LISTS.projects],
    ['ProviderOfferingDetails', WALDUR_LISTS.offerings],
    ['Resource', WALDUR_LISTS.resources],
  ] as const)('answers the fields that are read of %s, each as the type has it', async (type, { path, fields }) => {
    const query = fields.map((field) => `field=${field}`).join('&');
    const { status, body } = await call('GET', `${path}?${query}`);
    expect([status, body.length > 0]).toEqual([200, true]);
    for (const row of body as Record<string, unknown>[]) {
      expect([Object.keys(row).sort(), faultsOf(row, TYPES[type])]).toEqual([[...fields].sort(), []]);
      for (const plan of (row['plans'] ?? []) as Row[])
        expect(faultsOf(bare(plan), TYPES.BaseProviderPlan)).toEqual([]);
    }
  });

  it('answers a plan by itself with the fields that are read of it', async () => {
    const { path, fields } = WALDUR_LISTS.plans;
    const [plan] = offering['plans'] as Row[];
    const { body } = await call('GET', `${path}${plan!.uuid}/?${fields.map((field) => `field=${field}`).join('&')}`);
    expect([Object.keys(body).sort(), faultsOf(body, TYPES.ProviderPlanDetails)]).toEqual([[...fields].sort(), []]);
  });

  it('answers a user, a resource and an order with nothing that their types do not have', async () => {
    const { body: user } = await call('GET', `users/me/?${USER_FIELDS.map((field) => `field=${field}`).join('&')}`);
    expect([Object.keys(user).sort(), faultsOf(user, TYPES.User)]).toEqual([[...USER_FIELDS].sort(), []]);
    const { body: one } = await call('GET', `marketplace-provider-resources/${resource.uuid}/`);
    expect(faultsOf(one, TYPES.Resource)).toEqual([]);
    const { status, body: made } = await order();
    expect([status, faultsOf(made, TYPES.OrderDetails)]).toEqual([201, []]);
    expect(ORDER_FIELDS.filter((field) => !(field in made))).toEqual([]);
    const { body: orders } = await call('GET', 'marketplace-orders/?slug=a-slug');
    expect(orders).toEqual([made]);
  });

  it('answers what the Arrow plugin has, all of it, whatever fields are asked for', async () => {
    const settings = waldurArrowSettings();
    Object.assign(waldur.data, {
      arrowSettings: [settings],
      customerMappings: [waldurCustomerMapping(settings, customer)],
      vendorMappings: [waldurVendorMapping(settings, offering, { plan_uuid: 'a'.repeat(32) })],
    });
    const lists = [
      ['ArrowSettings', WALDUR_LISTS.arrowSettings],
      ['ArrowCustomerMapping', WALDUR_LISTS.customerMappings],
      ['ArrowVendorOfferingMapping', WALDUR_LISTS.vendorMappings],
    ] as const;
    for (const [type, { path, fields }] of lists) {
      const { status, body } = await call('GET', `${path}?field=uuid`);
      expect([status, body.length, faultsOf(body[0], TYPES[type])]).toEqual([200, 1, []]);
      expect([type, fields.filter((field) => !(field in body[0]))]).toEqual([type, []]);
    }
  });

  it('answers what is put on an invoice, and the invoice, with nothing that their types do not have', async () => {
    const item = { customer_uuid: customer.uuid, name: 'Microsoft 365', unit_price: '1.5' };
    const put = (items: object[]) => call('POST', 'invoices/import_usage/', { year: 2026, month: 1, items });
    const { status, body } = await put([item, item, { ...item, customer_uuid: 'e'.repeat(32) }]);
    expect([status, faultsOf(body, TYPES.ImportUsageResponse), body.created, body.skipped]).toEqual([200, [], 1, 1]);
    expect(body.errors).toHaveLength(1);
    expect(faultsOf(body.errors[0], TYPES.ImportUsageError)).toEqual([]);
    const { body: items } = await call('GET', 'invoice-items/?year=2026&month=1');
    const { body: invoices } = await call('GET', `invoices/?customer_uuid=${customer.uuid}&field=uuid&field=items`);
    expect([items.length, Object.keys(invoices[0]).sort()]).toEqual([1, ['items', 'uuid']]);
    for (const one of [...items, ...invoices[0].items]) expect(faultsOf(one, TYPES.InvoiceItem)).toEqual([]);
  });

  it('answers what changes something with the status and the body that the types have', async () => {
    const { body: made } = await order({ slug: 'another' });
    const move = (step: string) => call('POST', `marketplace-orders/${made.uuid}/${step}/`);
    const approved = await move('approve_by_provider');
    expect([approved.status, faultsOf(approved.body, TYPES.OrderInfoResponse)]).toEqual([200, []]);
    expect((await move('set_state_done')).status).toBe(200);
    const { body: cancelled } = await order({ slug: 'third' });
    expect((await call('POST', `marketplace-orders/${cancelled.uuid}/cancel/`)).status).toBe(202);
    const path = `marketplace-provider-resources/${made.marketplace_resource_uuid}/set_backend_id/`;
    for (let times = 0; times < 2; times += 1) {
      const { status, body } = await call('POST', path, { backend_id: 'XSP1' });
      expect([status, Object.keys(body), faultsOf(body, TYPES.Status)]).toEqual([200, ['status'], []]);
    }
    const imported = await call('POST', `marketplace-provider-offerings/${machines.uuid}/import_resource/`, {
      ...{ backend_id: 'XSP2', project: project.uuid },
    });
    expect([imported.status, faultsOf(imported.body, TYPES.Resource)]).toEqual([201, []]);
  });
});
