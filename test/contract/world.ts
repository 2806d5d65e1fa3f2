import type { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import {
  arrowCustomer,
  arrowLicense,
  consumptionLine,
  emptyData,
  exportLine,
  exportType,
} from '../../emulator/data.js';
import type { EmulatorData, EmulatorLicense, ExportLine } from '../../emulator/model.js';
import { STAFF_TOKEN, type TestApp } from '../support/app.js';
import { Wire, type WireAnswer } from './wire.js';

/** An object as the API answered it; every one of them has these two. */
export interface Seeded {
  uuid: string;
  url: string;
  [key: string]: unknown;
}

/** The month most billing of this world is about, and the one before it. */
export const PERIOD = '2026-05';
export const EARLIER = '2026-04';
/** Licences of the mapped customer; each import and each link takes a new one. */
const LICENSES = 60;

/** An ArrowSphere of three customers, one of which has many licences with consumption and export lines. */
export function arrowData(licenses = LICENSES): EmulatorData {
  const customers = [
    arrowCustomer({ Reference: 'XSP300001', CompanyName: 'Põhjala Tehnika OÜ' }),
    arrowCustomer({ Reference: 'XSP300002', CompanyName: 'Saare Kalatööstus AS' }),
    arrowCustomer({ Reference: 'XSP300003', CompanyName: 'Nobody We Know Ltd' }),
  ];
  const bought = Array.from({ length: licenses }, (_, index) =>
    arrowLicense({ customer: customers[0]!, id: 600_001 + index, friendlyName: `Azure plan ${index + 1}` }),
  );
  return {
    ...emptyData(),
    customers,
    licenses: bought,
    consumption: Object.fromEntries(bought.map(({ licenseId }) => [licenseId, [consumptionLine({ period: PERIOD })]])),
    exportTypes: [exportType({ reference: 'E1-2-00000001' })],
    // The last one is used and not billed yet.
    exportLines: bought.slice(0, -1).map((license) => exportLine({ license, period: PERIOD })),
    programs: {
      SAAS: [{ reference: 'MSCSP', name: 'Microsoft CSP', associatedSubscriptionProgram: 'MSCSP' }],
      IAAS: [{ reference: 'AWS', name: 'Amazon Web Services', associatedSubscriptionProgram: 'AWS' }],
      PSW: [],
      FTSL: [],
    },
  };
}

/** The same, and what filters tell apart: another customer's licence, vendor and month, and a line that costs less. */
function variedData(): EmulatorData {
  const data = arrowData();
  const lines = data.exportLines as ExportLine[];
  const freezer = arrowLicense({ customer: data.customers[1]!, id: 700_001, friendlyName: 'Fish freezer' });
  const amazon = { license: freezer, values: { 'vendor-name': 'Amazon' } };
  const [first] = data.licenses;
  Object.assign(lines[1]!.values, { 'sell-total-price': '90.00000', 'customer-total-price': '90.00000' });
  return {
    ...data,
    customers: [...data.customers, arrowCustomer({ Reference: 'XSP300004', CompanyName: 'Hiiu Kaubandus OÜ' })],
    exportTypes: [...data.exportTypes, exportType({ reference: 'E1-2-00000002', labels: ['Sequence', 'Vendor Name'] })],
    licenses: [...data.licenses, freezer],
    consumption: {
      ...data.consumption,
      [freezer.licenseId]: [EARLIER, PERIOD].map((period) => consumptionLine({ period })),
    },
    exportLines: [
      ...lines,
      exportLine({ ...amazon, period: PERIOD }),
      exportLine({ ...amazon, period: EARLIER }),
      exportLine({ license: first!, period: EARLIER, values: { classification: 'SAAS' } }),
    ],
  };
}

/** A furnished service: users of every kind, an organisation with everything around it, and ArrowSphere beside it. */
export class World {
  readonly tokens: Record<'staff' | 'support' | 'ordinary' | 'inactive', string>;
  customer: Seeded;
  otherCustomer: Seeded;
  project: Seeded;
  offering: Seeded;
  /** Another one, with everything an offering can have. */
  storage: Seeded;
  plan: Seeded;
  resource: Seeded;
  /** Its licence was used, and no export line says so yet. */
  unbilledResource: Seeded;
  /** Charged by consumption first, and corrected by the export. */
  correctedResource: Seeded;
  otherProject: Seeded;
  otherResource: Seeded;
  settings: Seeded;
  /** A statement of the mapped customer and a line on it. */
  sync: Seeded;
  line: Seeded;
  mapping: Seeded;
  otherMapping: Seeded;
  vendorMapping: Seeded;
  /** What the staff user logs in with. */
  readonly login = { username: 'admin', password: 'the first evening of May' };
  private readonly wire: Wire;
  private unused: EmulatorLicense[];

  private constructor(
    baseUrl: string,
    readonly emulator: ArrowEmulator,
  ) {
    this.wire = new Wire(baseUrl);
    this.tokens = { staff: STAFF_TOKEN, support: '', ordinary: '', inactive: '' };
    this.unused = emulator.data.licenses.slice(0, -1);
  }

  /** Furnishes a service that is still empty, through its own API, and its ArrowSphere. */
  static async furnish(app: TestApp): Promise<World> {
    Object.assign(app.arrow.data, variedData());
    const world = new World(app.url, app.arrow);
    await world.addUsers();
    await world.addDirectory();
    await world.addArrow();
    await world.addBilling();
    return world;
  }

  /** POSTs as staff and gives the answer's body. Throws when the status is not a success. */
  async post<T = Seeded>(path: string, body: object): Promise<T> {
    return JSON.parse((await this.send('POST', path, body)).text) as T;
  }

  /** GETs as staff, or by another token, and gives the answer's body. */
  async get<T = Seeded>(path: string, token?: string): Promise<T> {
    return JSON.parse((await this.send('GET', path, undefined, token)).text) as T;
  }

  async send(method: string, path: string, body?: object, token = this.tokens.staff): Promise<WireAnswer> {
    const answer = await this.wire.send(method, path, {
      headers: { authorization: `Token ${token}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
    return answer;
  }

  /** A licence of the mapped customer that nothing was done with yet. */
  license(): string {
    const license = this.unused.shift();
    if (!license) throw new Error('All licences are used up: give the world more of them.');
    return license.licenseId;
  }

  newResource(fields: object = {}): Promise<Seeded> {
    return this.post('/api/marketplace-resources/', {
      name: 'Azure subscription',
      project: this.project.uuid,
      offering: this.offering.uuid,
      plan: this.plan.uuid,
      ...fields,
    });
  }

  close(): void {
    this.wire.close();
  }

  private async addUsers(): Promise<void> {
    const kinds = { support: { is_support: true }, ordinary: {}, inactive: { is_staff: true, is_active: false } };
    for (const [kind, fields] of Object.entries(kinds)) {
      const user = await this.post('/api/users/', { username: `${kind}-user`, ...fields });
      this.tokens[kind as keyof typeof kinds] = user.token as string;
    }
    const { uuid } = await this.get('/api/users/me/');
    await this.post(`/api/users/${uuid}/change_password/`, { new_password: this.login.password });
  }

  private async addDirectory(): Promise<void> {
    this.customer = await this.post('/api/customers/', {
      name: 'Põhjala Tehnika OÜ',
      abbreviation: 'PT',
      backend_id: 'crm-7',
    });
    this.otherCustomer = await this.post('/api/customers/', { name: 'Saare Kalatööstus', native_name: 'Saare' });
    this.project = await this.post('/api/projects/', {
      name: 'Cloud',
      customer: this.customer.uuid,
      backend_id: 'erp-1',
    });
    this.offering = await this.post('/api/marketplace-provider-offerings/', { name: 'Azure' });
    this.storage = await this.post('/api/marketplace-provider-offerings/', {
      name: 'Storage',
      type: 'Support.OfferingTemplate',
      state: 'Paused',
      customer: this.customer.uuid,
    });
    this.plan = await this.post('/api/marketplace-plans/', { name: 'Monthly', offering: this.offering.uuid });
    this.resource = await this.newResource({ backend_id: this.license() });
    this.correctedResource = await this.newResource({ name: 'Corrected', backend_id: this.license() });
    this.otherProject = await this.post('/api/projects/', { name: 'Cold', customer: this.otherCustomer.uuid });
    this.otherResource = await this.newResource({
      name: 'Freezer',
      project: this.otherProject.uuid,
      offering: this.storage.uuid,
      plan: undefined,
      backend_id: this.emulator.data.licenses.at(-1)!.licenseId,
    });
    // Both look like something that ArrowSphere has.
    await this.newResource({ name: 'Azure plan 30' });
    await this.post('/api/customers/', { name: 'Hiiu Kaubandus', abbreviation: 'HK' });
    await this.newResource({ name: 'Gone', state: 'Terminated' });
    this.unbilledResource = await this.newResource({ backend_id: this.unused.pop()!.licenseId });
  }

  private async addArrow(): Promise<void> {
    this.settings = await this.post('/api/admin/arrow/settings/', {
      ...this.credentials(),
      export_type_reference: 'E1-2-00000001',
      is_active: true,
    });
    this.mapping = await this.post(
      '/api/admin/arrow/customer-mappings/',
      this.newMapping('XSP300001', this.customer.uuid),
    );
    this.otherMapping = await this.post('/api/admin/arrow/customer-mappings/', this.newMapping('XSP300002'));
    await this.post('/api/admin/arrow/customer-mappings/', { ...this.newMapping('XSP399999'), is_active: false });
    this.vendorMapping = await this.post('/api/admin/arrow/vendor-offering-mappings/', {
      settings: this.settings.uuid,
      arrow_vendor_name: 'Microsoft',
      offering: this.offering.uuid,
      plan: this.plan.uuid,
    });
    const standby = { ...this.credentials(), is_active: false, sync_enabled: true };
    const { uuid: settings } = await this.post('/api/admin/arrow/settings/', standby);
    await this.post('/api/admin/arrow/vendor-offering-mappings/', {
      settings,
      arrow_vendor_name: 'Amazon',
      offering: this.otherResource.offering_uuid,
      is_active: false,
    });
    await this.post('/api/admin/arrow/customer-mappings/', { ...this.newMapping('XSP388888'), settings });
  }

  private async addBilling(): Promise<void> {
    await this.consume(this.correctedResource);
    await this.runJob('trigger_sync', EARLIER);
    await this.runJob('trigger_sync', PERIOD);
    await this.runJob('reconcile', PERIOD, { force: true });
    for (const resource of [this.resource, this.unbilledResource, this.otherResource]) await this.consume(resource);
    const [sync] = await this.get<Seeded[]>(
      `/api/admin/arrow/billing-syncs/?customer_mapping_uuid=${this.mapping.uuid}`,
    );
    const [line] = await this.get<Seeded[]>(`/api/admin/arrow/billing-sync-items/?billing_sync_uuid=${sync!.uuid}`);
    Object.assign(this, { sync, line });
  }

  private async consume(resource: Seeded): Promise<void> {
    await this.post('/api/admin/arrow/billing-syncs/sync_resource_historical_consumption/', {
      resource_uuid: resource.uuid,
      period_from: EARLIER,
      period_to: PERIOD,
    });
  }

  /** Starts a billing job for a month and waits for its end. Throws when it does not succeed. */
  async runJob(action: string, period: string, given: object = {}): Promise<void> {
    const [year, month] = period.split('-').map(Number);
    const { job_url: url } = await this.post(`/api/admin/arrow/billing-syncs/${action}/`, { year, month, ...given });
    await this.ended(new URL(url as string).pathname);
  }

  private async ended(path: string): Promise<void> {
    for (;;) {
      const job = await this.get<{ state: string; error_message: string }>(path);
      if (job.state === 'succeeded') return;
      if (job.state === 'failed' || job.state === 'cancelled')
        throw new Error(`${path} ${job.state}: ${job.error_message}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** What the wizard and the settings ask for. */
  credentials(): { api_url: string; api_key: string } {
    return { api_url: this.emulator.url, api_key: this.emulator.apiKey };
  }

  newMapping(reference: string, customer = this.otherCustomer.uuid) {
    return {
      settings: this.settings.uuid,
      arrow_reference: reference,
      arrow_company_name: `Company ${reference}`,
      waldur_customer: customer,
    };
  }
}
