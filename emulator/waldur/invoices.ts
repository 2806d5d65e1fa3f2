import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WaldurAccount, WaldurData } from './waldur-data.js';

/** An item of an invoice, by the types of Waldur's official clients of August 2026. */
export interface StandInItem {
  uuid: string;
  name: string;
  /** Ten decimals, as Waldur writes them. */
  unit_price: string;
  quantity: string;
  article_code: string;
  /** Imported ones have none. */
  project_uuid: string | null;
}

export interface StandInInvoice {
  uuid: string;
  customer_uuid: string;
  year: number;
  month: number;
  state: 'pending' | 'pending_finalization' | 'created' | 'paid' | 'canceled';
  items: StandInItem[];
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

interface ImportedItem {
  readonly customer_uuid?: unknown;
  readonly name?: unknown;
  readonly unit_price?: unknown;
  readonly article_code?: unknown;
}

const hex = () => randomUUID().replaceAll('-', '');
const isMutable = ({ state }: StandInInvoice) => state === 'pending' || state === 'pending_finalization';
const DECIMAL = /^-?\d{1,12}(\.\d{1,10})?$/;

/** Waldur's invoices, as its source of 2026 keeps them: one of each organisation and month. */
export class StandInInvoices {
  readonly all: StandInInvoice[] = [];
  /** Between looking whether a name is there and putting it there, as a transaction takes; requests overlap meanwhile. */
  importMs = 0;
  /** As in October 2024, when the address was that of one invoice. */
  isOlderThanImport = false;
  /** Names that came once more: nobody sends anything twice. */
  readonly skipped: string[] = [];
  /** Why an item is refused, where Waldur's own rules let it pass. */
  refuse: (item: { readonly name: string; readonly unit_price: string }) => string | undefined = () => undefined;

  constructor(private readonly data: () => WaldurData) {}

  of(customerUuid: string, month: string): StandInInvoice | undefined {
    const [year, number] = month.split('-').map(Number);
    const customer = customerUuid.replaceAll('-', '');
    return this.all.find((one) => one.customer_uuid === customer && one.year === year && one.month === number);
  }

  /** Everything on all invoices, each with its month. */
  get items(): (StandInItem & { month: string; customer_uuid: string })[] {
    return this.all.flatMap(({ year, month, customer_uuid, items }) =>
      items.map((item) => ({ ...item, customer_uuid, month: `${year}-${String(month).padStart(2, '0')}` })),
    );
  }

  /** `undefined`: none of its addresses. */
  reply(method: string, url: URL, account: WaldurAccount, body: string): Answer | Promise<Answer> | undefined {
    const path = url.pathname.replace(/^\/api\//, '');
    if (method === 'POST' && path === 'invoices/import_usage/' && this.isOlderThanImport)
      return { status: 405, body: { detail: 'Method "POST" not allowed.' } };
    if (method === 'POST' && path === 'invoices/import_usage/') return this.importUsage(account, body);
    if (method !== 'GET') return undefined;
    const seesAll = account['is_staff'] === true || account['is_support'] === true;
    if (path === 'invoices/') return this.list(url, seesAll ? this.all.filter((one) => this.isAsked(one, url)) : []);
    if (path !== 'invoice-items/') return undefined;
    const invoices = seesAll ? this.all.filter((one) => this.isAsked(one, url, false)) : [];
    return this.list(
      url,
      invoices.flatMap(({ items }) => items).filter((item) => this.isOfCustomer(item, url)),
    );
  }

  private isAsked(invoice: StandInInvoice, { searchParams: query }: URL, byCustomer = true): boolean {
    const [customer, year, month] = ['customer_uuid', 'year', 'month'].map((name) => query.get(name));
    return (
      (!year || invoice.year === Number(year)) &&
      (!month || invoice.month === Number(month)) &&
      (!byCustomer || !customer || invoice.customer_uuid === customer.replaceAll('-', ''))
    );
  }

  /** By the organisation of the item's project: what was imported is nobody's. */
  private isOfCustomer({ project_uuid }: StandInItem, { searchParams: query }: URL): boolean {
    const customer = query.get('customer_uuid')?.replaceAll('-', '');
    const project = this.data().projects.find(({ uuid }) => uuid === project_uuid);
    return !customer || project?.['customer_uuid'] === customer;
  }

  private list(url: URL, rows: readonly object[]): Answer {
    const { searchParams: query } = url;
    const size = Math.min(300, Number(query.get('page_size')) || 10);
    const page = Number(query.get('page') ?? 1);
    if (page > Math.max(1, Math.ceil(rows.length / size))) return { status: 404, body: { detail: 'Invalid page.' } };
    const fields = query.getAll('field');
    const body = rows
      .slice((page - 1) * size, page * size)
      .map((row) =>
        Object.fromEntries(Object.entries(row).filter(([name]) => !fields.length || fields.includes(name))),
      );
    return { status: 200, body, headers: { 'x-result-count': String(rows.length) } };
  }

  private async importUsage(account: WaldurAccount, text: string): Promise<Answer> {
    if (!account['is_staff'])
      return { status: 403, body: { detail: 'You do not have permission to perform this action.' } };
    const { year, month, items } = JSON.parse(text) as { year: number; month: number; items: ImportedItem[] };
    const wrong = items?.length ? undefined : 'At least one item is required.';
    if (wrong) return { status: 400, body: { items: [wrong] } };
    for (const { unit_price } of items)
      if (typeof unit_price !== 'string' || !DECIMAL.test(unit_price))
        return { status: 400, body: { items: [{ unit_price: ['A valid number is required.'] }] } };
    const answer = { created: 0, skipped: 0, errors: [] as { customer_name: string; reason: string }[] };
    for (const item of items as Record<keyof ImportedItem, string>[]) await this.importOne(item, year, month, answer);
    return { status: 200, body: answer };
  }

  private async importOne(
    { customer_uuid, name, unit_price, article_code = '' }: Record<keyof ImportedItem, string>,
    year: number,
    month: number,
    answer: { created: number; skipped: number; errors: { customer_name: string; reason: string }[] },
  ): Promise<void> {
    const uuid = customer_uuid.replaceAll('-', '');
    const customer = this.data().customers.find((one) => one.uuid === uuid);
    if (!customer) return void answer.errors.push({ customer_name: uuid, reason: 'Customer not found' });
    if (Number(unit_price) === 0) return void (answer.skipped += 1);
    let invoice = this.all.find((one) => one.customer_uuid === uuid && one.year === year && one.month === month);
    if (!invoice)
      this.all.push((invoice = { uuid: hex(), customer_uuid: uuid, year, month, state: 'pending', items: [] }));
    const reason = isMutable(invoice)
      ? this.refuse({ name, unit_price })
      : `Invoice is in '${invoice.state}' state, items can only be added to mutable invoices`;
    if (reason) return void answer.errors.push({ customer_name: customer.name, reason });
    const isThere = invoice.items.some((one) => one.name === name && one.article_code === article_code);
    if (isThere) {
      this.skipped.push(name);
      answer.skipped += 1;
      return;
    }
    if (this.importMs) await sleep(this.importMs);
    const price = `${unit_price}${unit_price.includes('.') ? '' : '.'}`;
    const decimals = price.split('.')[1]!.length;
    invoice.items.push({
      uuid: hex(),
      name,
      unit_price: price + '0'.repeat(10 - decimals),
      quantity: '1.0000000000',
      article_code,
      project_uuid: null,
    });
    answer.created += 1;
  }
}
