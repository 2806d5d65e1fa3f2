import {
  arrowCustomer,
  arrowLicense,
  consumptionLine,
  exportLine,
  type ExportLineFields,
  exportType,
} from '../../emulator/data.js';
import type { EmulatorCustomer, EmulatorLicense, ExportLine } from '../../emulator/model.js';
import type { TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

/** Columns of the export; tests that need others say so. */
export const LABELS = [
  'Line Reference',
  'Sequence',
  'Sell Total Price',
  'Buy Total Price',
  'Country Marketplace Currency',
  'Service Provider Currency',
  'Qty',
  'ARS Subscription ID',
  'Vendor Subscription ID',
  'End User Company Name',
  'Statement Reference',
  'Vendor Name',
  'Product Name',
  'Classification',
  'Report Period',
  'Bill From',
  'Bill To',
];

export interface Party {
  /** The organisation. */
  readonly customer: string;
  readonly project: string;
  readonly mapping: string;
  readonly arrow: EmulatorCustomer;
}

export interface Linked extends Party {
  readonly license: EmulatorLicense;
  readonly resource: string;
}

/** An account with an export, organisations with licences, and the ways an operator bills them. */
export class BillingWorld {
  readonly make: Builders;
  settings = '';
  month = '2026-01';

  constructor(readonly app: TestApp) {
    this.make = new Builders(app);
  }

  /** A fresh account: whatever other tests billed stays out of it. The month has just ended. */
  async start(settings: object = {}, labels = LABELS): Promise<this> {
    const { data } = this.app.arrow;
    this.app.clock.set('2026-02-01T06:00:00Z');
    const reference = `XSP1${String(++worlds).padStart(5, '0')}`;
    data.partners.push({ apiKey: `key-of-${reference}-0123456789`, reference, companyName: `Reseller ${worlds}` });
    const type = exportType({ labels, partnerReference: reference });
    data.exportTypes.push(type);
    this.partner = reference;
    const made = await this.make.settings({
      api_key: `key-of-${reference}-0123456789`,
      export_type_reference: type.reference,
      ...settings,
    });
    this.settings = made.uuid;
    return this;
  }
  partner = '';

  /** Rules of the account, such as `charge_mode`. */
  async rules(given: object): Promise<void> {
    const { status, body } = await this.app.api.patch(`/api/admin/arrow/billing-accounts/${this.settings}/`, given);
    if (status !== 200) throw new Error(JSON.stringify(body));
  }

  /** An organisation, mapped to an ArrowSphere customer of its own. */
  async party(companyName?: string): Promise<Party> {
    const arrow = arrowCustomer({
      partnerReference: this.partner,
      ...(companyName ? { CompanyName: companyName } : {}),
    });
    this.app.arrow.data.customers.push(arrow);
    const customer = (await this.make.customer()).uuid;
    const project = (await this.make.project({ customer })).uuid;
    const mapping = (
      await this.make.mapping({ settings: this.settings, waldur_customer: customer, arrow_reference: arrow.Reference })
    ).uuid;
    return { customer, project, mapping, arrow };
  }

  /** A licence of that organisation's ArrowSphere customer, linked to nothing. */
  license(party: Party): EmulatorLicense {
    const license = arrowLicense({ customer: party.arrow });
    this.app.arrow.data.licenses.push(license);
    return license;
  }

  /** An organisation with a licence that hangs on a resource. */
  async linked(given?: Party): Promise<Linked> {
    const party = given ?? (await this.party());
    const license = this.license(party);
    const fields: object = { backend_id: license.licenseId, name: `VM ${license.licenseId}` };
    const resource = (await this.make.resource({ project: party.project, ...fields })).uuid;
    return { ...party, license, resource };
  }

  line(license: EmulatorLicense, sell: string | null, fields: ExportLineFields = {}): ExportLine {
    const { values, ...rest } = fields;
    const value = sell === null ? { sell: null, buy: null } : { sell, buy: sell };
    return exportLine({
      license,
      period: this.month,
      ...value,
      ...rest,
      values: { 'line-reference': null, ...values },
    });
  }

  /** What the export has from now on. */
  export(lines: ExportLine[]): void {
    const { data } = this.app.arrow;
    const others = (data.exportLines as ExportLine[]).filter(
      (line) => line.partnerReference !== this.partner || line.period !== this.month,
    );
    data.exportLines = [...others, ...lines];
  }

  consumes(
    license: EmulatorLicense,
    amounts: readonly (readonly [sell: number | string | null, buy: number | string | null])[],
    period = this.month,
  ): void {
    const { consumption } = this.app.arrow.data;
    const other = (consumption[license.licenseId] ?? []).filter((line) => line.period !== period);
    consumption[license.licenseId] = [
      ...other,
      ...amounts.map(([sell, buy]) => consumptionLine({ period, sell, buy })),
    ];
  }

  sync = (given: object = {}) => this.job('trigger_sync', given);
  reconcile = (given: object = {}) => this.job('reconcile', { force: true, ...given });
  syncConsumption = (given: object = {}) => this.job('trigger_consumption_sync', given);

  /** Starts a job as an operator would and waits for its end. */
  async job(action: string, given: object = {}) {
    const [year, month] = this.month.split('-').map(Number);
    const { status, body } = await this.app.api.post(`/api/admin/arrow/billing-syncs/${action}/`, {
      year,
      month,
      settings_uuid: this.settings,
      ...given,
    });
    if (status !== 202) throw new Error(`${action} answered ${status}: ${JSON.stringify(body)}`);
    return this.ended(body.job_url);
  }

  async ended(url: string) {
    for (;;) {
      const { body } = await this.app.api.get(url);
      if (!['queued', 'running'].includes(body.state)) return body;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  /** The organisation's invoice of a month, with all its items by name; `undefined` where there is none. */
  async invoice(customer: string, month = this.month) {
    const [year, number] = month.split('-').map(Number);
    const { body } = await this.app.api.get(`/api/invoices/?customer_uuid=${customer}&year=${year}&month=${number}`);
    return body[0];
  }

  /** What the organisation pays on all its invoices, net. */
  async charged(customer: string): Promise<string> {
    const [row] = await this.app.database.query(
      `SELECT coalesce(sum(amount), 0)::numeric(22, 2)::text AS sum FROM invoice_posting JOIN invoice ON invoice.uuid = invoice_uuid WHERE customer_uuid = $1`,
      [customer],
    );
    return row.sum;
  }

  /** Amounts of the invoice's items, largest first. */
  async amounts(customer: string, month = this.month): Promise<string[]> {
    const invoice = await this.invoice(customer, month);
    return (invoice?.items ?? [])
      .map((item: { price: string }) => item.price)
      .sort((a: string, b: string) => Number(b) - Number(a));
  }

  async statement(party: Party) {
    const { body } = await this.app.api.get(
      `/api/admin/arrow/billing-syncs/?customer_mapping_uuid=${party.mapping}&report_period=${this.month}`,
    );
    return body[0];
  }

  async record(linked: Linked) {
    const { body } = await this.app.api.get(
      `/api/admin/arrow/consumption-records/?license_reference=${linked.license.licenseId}&billing_period=${this.month}-01`,
    );
    return body[0];
  }
}

let worlds = 0;
