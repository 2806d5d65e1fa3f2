import {
  arrowCustomer,
  arrowLicense,
  consumptionLine,
  exportLine,
  type ExportLineFields,
  exportType,
} from '../../emulator/data.js';
import type { EmulatorCustomer, EmulatorLicense, ExportLine } from '../../emulator/model.js';
import { Decimal } from 'decimal.js';
import type { TestApp } from '../support/app.js';
import { JobRunner } from '../../src/jobs/job-runner.js';
import { Builders } from '../support/builders.js';

type Body = Awaited<ReturnType<TestApp['api']['get']>>['body'];

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

export interface MappedCustomer {
  /** The organisation. */
  readonly customer: string;
  readonly project: string;
  readonly mapping: string;
  readonly arrow: EmulatorCustomer;
}

export interface Linked extends MappedCustomer {
  readonly license: EmulatorLicense;
  readonly resource: string;
}

/** An invoice as the API shows it, amounts as texts with at least two decimals. */
export interface SeenInvoice {
  readonly uuid: string;
  readonly month: string;
  readonly currency: string;
  readonly state: string;
  readonly price: string;
  readonly tax: string;
  readonly total: string;
}

/** A number or a text of the wire as `12.30`; all decimals where there are more than two. */
export function money(value: unknown): string {
  const exact = new Decimal(value as string);
  return exact.toFixed(Math.max(2, exact.decimalPlaces()));
}

const PARTS = ['statement', 'provisional', 'posted', 'pending', 'unmatched', 'excluded', 'held', 'carried'] as const;

/** The parts of the tie-out of a run in one currency that are not zero, as numbers, once it was checked that they add up. */
export function tieOut(run: { result: { tie_out: Record<string, unknown>[] } }, currency = 'EUR') {
  const entry = run.result.tie_out.find((one) => one.currency === currency);
  if (!entry) return undefined;
  const part = Object.fromEntries(PARTS.map((name) => [name, new Decimal(entry[name] as string)])) as Record<
    (typeof PARTS)[number],
    Decimal
  >;
  const rest = [part.posted, part.pending, part.unmatched, part.excluded, part.held, part.carried];
  const difference = part.statement.plus(part.provisional).minus(Decimal.sum(...rest));
  if (entry.ties_out === true && !difference.isZero())
    throw new Error(`It says that it ties out, and does not: ${JSON.stringify(entry)}`);
  const nonZero = PARTS.filter((name) => !part[name].isZero()).map((name) => [name, part[name].toNumber()]);
  return { ...Object.fromEntries(nonZero), ties_out: entry.ties_out } as Record<string, number | boolean>;
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
    this.partner = reference;
    data.partners.push({ apiKey: this.apiKey, reference, companyName: `Reseller ${worlds}` });
    const type = exportType({ labels, partnerReference: reference });
    data.exportTypes.push(type);
    const made = await this.make.settings({
      api_key: this.apiKey,
      export_type_reference: type.reference,
      ...settings,
    });
    this.settings = made.uuid;
    return this;
  }
  partner = '';

  /** Its end, which is kept as a hint, is no part of a UUID or a time: a search for it finds nothing else. */
  get apiKey(): string {
    return `key-of-${this.partner}-tipp`;
  }

  /** Rules of the account, such as `charge_mode`. */
  async rules(given: object): Promise<void> {
    const { status, body } = await this.app.api.patch(`/api/admin/arrow/billing-accounts/${this.settings}/`, given);
    if (status !== 200) throw new Error(JSON.stringify(body));
  }

  /** An organisation, mapped to an ArrowSphere customer of its own. */
  async mappedCustomer(companyName?: string): Promise<MappedCustomer> {
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

  /** A customer of ArrowSphere's that is nobody here. */
  unmapped(): { arrow: EmulatorCustomer } {
    const arrow = arrowCustomer({ partnerReference: this.partner });
    this.app.arrow.data.customers.push(arrow);
    return { arrow };
  }

  /** A licence of that organisation's ArrowSphere customer, linked to nothing. */
  license(mapped: MappedCustomer): EmulatorLicense {
    const license = arrowLicense({ customer: mapped.arrow });
    this.app.arrow.data.licenses.push(license);
    return license;
  }

  /** An organisation with a licence that is linked to a resource. */
  async linked(given?: MappedCustomer): Promise<Linked> {
    const mapped = given ?? (await this.mappedCustomer());
    const license = this.license(mapped);
    const fields: object = { backend_id: license.licenseId, name: `VM ${license.licenseId}` };
    const resource = (await this.make.resource({ project: mapped.project, ...fields })).uuid;
    return { ...mapped, license, resource };
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
  async job(action: string, given: object = {}): Promise<Body> {
    const [year, month] = this.month.split('-').map(Number);
    const { status, body } = await this.app.api.post(`/api/admin/arrow/billing-syncs/${action}/`, {
      year,
      month,
      settings_uuid: this.settings,
      ...given,
    });
    // The service's own schedule may be at it: by the test's clock, hours pass within moments.
    if (body.code === 'other_run_under_way') {
      await this.ended(`/api/admin/arrow/jobs/${/job ([0-9a-f-]{36})/.exec(body.detail)![1]}/`);
      return this.job(action, given);
    }
    if (status !== 202) {
      const { body: jobs } = await this.app.api.get('/api/admin/arrow/jobs/?page_size=5');
      throw new Error(`${action} answered ${status}: ${JSON.stringify(body)} Newest jobs: ${JSON.stringify(jobs)}`);
    }
    return this.ended(body.job_url);
  }

  async ended(url: string) {
    for (;;) {
      const { body } = await this.app.api.get(url);
      if (!['queued', 'running'].includes(body.state)) return body;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  /** The organisation's invoice of a month in that currency; `undefined` where there is none. */
  async invoice(customer: string, month = this.month, currency?: string) {
    const [year, number] = month.split('-').map(Number);
    const { body } = await this.app.api.get(`/api/invoices/?customer_uuid=${customer}&year=${year}&month=${number}`);
    return body.find((invoice: { currency: string }) => !currency || invoice.currency === currency);
  }

  /** All invoices of the organisation, oldest month first. */
  async invoices(customer: string): Promise<SeenInvoice[]> {
    const { body } = await this.app.api.get(`/api/invoices/?customer_uuid=${customer}&page_size=100`);
    const seen = (body as Record<string, unknown>[]).map((invoice): SeenInvoice => ({
      uuid: String(invoice.uuid),
      month: `${String(invoice.year)}-${String(invoice.month).padStart(2, '0')}`,
      currency: String(invoice.currency),
      state: String(invoice.state),
      price: money(invoice.price),
      tax: money(invoice.tax),
      total: money(invoice.total),
    }));
    return seen.sort((a, b) => (a.month + a.currency < b.month + b.currency ? -1 : 1));
  }

  /** The same as sentences: `2026-01 EUR created 95.00`. Those without money are left out. */
  async bills(customer: string): Promise<string[]> {
    return (await this.invoices(customer))
      .filter(({ price }) => Number(price) !== 0)
      .map(({ month, currency, state, price }) => `${month} ${currency} ${state} ${price}`);
  }

  /** What the organisation pays on all its invoices in that currency, net. */
  async charged(customer: string, currency = 'EUR'): Promise<string> {
    const own = (await this.invoices(customer)).filter((invoice) => invoice.currency === currency);
    return money(own.reduce((total, { price }) => total.plus(price), new Decimal(0)));
  }

  /** Amounts of the invoice's items, largest first. */
  async amounts(customer: string, month = this.month, currency?: string): Promise<string[]> {
    const invoice = await this.invoice(customer, month, currency);
    return ((invoice?.items ?? []) as { price: unknown }[])
      .map((item) => money(item.price))
      .sort((a, b) => Number(b) - Number(a));
  }

  /** Sends the organisation's invoice of a month, as an operator would. */
  async issue(customer: string, given: { month?: string; currency?: string; due_date?: string } = {}) {
    const { month = this.month, currency, ...body } = given;
    const { uuid } = await this.invoice(customer, month, currency);
    const answer = await this.app.api.post(`/api/invoices/${uuid}/issue/`, body);
    if (answer.status !== 200) throw new Error(`issue answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** Points the mapping at another organisation, or switches it off or on. */
  async mapping(mapped: MappedCustomer, change: { waldur_customer?: string; is_active?: boolean }): Promise<void> {
    const answer = await this.app.api.patch(`/api/admin/arrow/customer-mappings/${mapped.mapping}/`, change);
    if (answer.status !== 200) throw new Error(`mapping answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  /** ArrowSphere says from now on that the licence is this customer's. */
  move(license: EmulatorLicense, { arrow }: MappedCustomer): void {
    license.customerRef = arrow.Reference;
    license.customerName = arrow.CompanyName;
  }

  /** Gives a resource a licence, or takes it away with a blank one. */
  async link(resource: string, backend_id: string): Promise<void> {
    const answer = await this.app.api.post(`/api/marketplace-provider-resources/${resource}/set_backend_id/`, {
      backend_id,
    });
    if (answer.status !== 200) throw new Error(`link answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  cleanUp = (given: object) =>
    this.app.api.post('/api/admin/arrow/billing-syncs/cleanup_consumption/', { dry_run: false, ...given });

  syncHistory = (resource: string, given: object = {}) =>
    this.app.api.post('/api/admin/arrow/billing-syncs/sync_resource_historical_consumption/', {
      resource_uuid: resource,
      period_from: this.month,
      period_to: this.month,
      ...given,
    });

  /** Licences whose lines reach nobody, or no resource, as `reason amount`. */
  async unlinked(month = this.month): Promise<string[]> {
    const { body } = await this.app.api.get(
      `/api/admin/arrow/billing-syncs/unlinked_spend/?period=${month}&settings_uuid=${this.settings}&page_size=100`,
    );
    return (body as { reason: string; amount: unknown }[]).map(({ reason, amount }) => `${reason} ${money(amount)}`);
  }

  /** Has everything start that schedules have due by the clock, and waits for its end. */
  async schedules(): Promise<void> {
    await this.app.app.get(JobRunner).tick();
    for (;;) {
      const { body } = await this.app.api.get('/api/admin/arrow/jobs/?page_size=100');
      if (!(body as { state: string }[]).some(({ state }) => ['queued', 'running'].includes(state))) return;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  async statement(mapped: MappedCustomer) {
    const { body } = await this.app.api.get(
      `/api/admin/arrow/billing-syncs/?customer_mapping_uuid=${mapped.mapping}&report_period=${this.month}`,
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
