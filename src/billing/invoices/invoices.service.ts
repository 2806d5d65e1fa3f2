import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { InvalidFieldsError } from '../../common/app.error.js';
import { Clock } from '../../common/clock.js';
import { type FileQuery, inPages, pageOrFile, type PageOrFile } from '../../common/csv.js';
import { dateIn, plusDays } from '../../common/date-time.js';
import type { Count, Page } from '../../common/page.js';
import { findByOrThrow } from '../../database/find-or-throw.js';
import { Customer } from '../../directory/customer.entity.js';
import { amountsOf } from './invoice-amounts.js';
import { InvoiceItemResponse, itemColumns } from './invoice.dto.js';
import { Invoice, type InvoiceState, type IssuedDocument } from './invoice.entity.js';
import { type InvoiceFilter, type InvoiceItem, InvoiceRepository, type InvoiceView } from './invoice.repository.js';
import { InvoiceNotFoundError, InvoiceStateError } from './invoices.errors.js';

const ITEMS_IN_LIST = 100;
const ITEMS_OF_ONE = 1000;
const CSV_ROWS = 2000;
const DAYS_TO_PAY = 30;

/** Invoices: reading them, issuing them, and noting that they are paid. */
@Injectable()
export class InvoicesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly invoices: InvoiceRepository,
    private readonly clock: Clock,
  ) {}

  /** Throws `PageNotFoundError`. */
  async list(filter: InvoiceFilter): Promise<Page<InvoiceView>> {
    const page = await this.invoices.list(filter);
    return page.with(await this.views(page.items, ITEMS_IN_LIST));
  }

  /** Throws `PageNotFoundError`. */
  count(filter: InvoiceFilter): Promise<Count> {
    return this.invoices.count(filter);
  }

  /** Throws `InvoiceNotFoundError`. */
  async get(uuid: string): Promise<InvoiceView> {
    const [view] = await this.views([await this.invoices.get(uuid)], ITEMS_OF_ONE);
    return view!;
  }

  /** A page of items, or all of them as CSV. Throws `InvoiceNotFoundError`, `PageNotFoundError`. */
  async items(invoiceUuid: string, query: FileQuery): PageOrFile<InvoiceItemResponse> {
    const { uuid, number, currency } = await this.invoices.get(invoiceUuid);
    const read = async (limit: number, skip: number, last?: InvoiceItem) =>
      (await this.invoices.items([uuid], limit, skip, last)).get(uuid) ?? [];
    return pageOrFile(query, {
      name: `invoice-${number ?? uuid}`,
      columns: itemColumns(currency),
      rows: () => inPages(CSV_ROWS, (_, last?: InvoiceItem) => read(CSV_ROWS, 0, last)),
      count: async () => (await this.invoices.itemCounts([uuid])).get(uuid) ?? 0,
      page: async (limit, skip) => (await read(limit, skip)).map((item) => InvoiceItemResponse.from(item, currency)),
    });
  }

  /**
   * From now on nothing is posted on it, and it says for ever what it says now. Issuing an issued one changes nothing.
   * `dueDate` is `YYYY-MM-DD`; 30 days after the invoice date by default. Throws `InvoiceNotFoundError`,
   * `InvoiceStateError`, `InvalidFieldsError` for a due date before the invoice date.
   */
  issue(uuid: string, by: string, dueDate?: string): Promise<InvoiceView> {
    return this.change(uuid, by, ['pending', 'created', 'issued'], async (manager, invoice, now) => {
      const { number, timeZone } = await this.invoices.nextNumber(manager, invoice.accountUuid);
      const invoiceDate = dateIn(timeZone, now);
      const due = dueDate ?? plusDays(invoiceDate, DAYS_TO_PAY);
      if (due < invoiceDate)
        throw new InvalidFieldsError({ due_date: [`Choose the invoice date, ${invoiceDate}, or a later day.`] });
      return { number, invoiceDate, dueDate: due, issuedAt: now, document: await this.documentOf(manager, invoice) };
    });
  }

  /** Doing it again changes nothing. Throws `InvoiceNotFoundError`, `InvoiceStateError` for one that is not issued. */
  paid(uuid: string, by: string): Promise<InvoiceView> {
    return this.change(uuid, by, ['created', 'paid', 'paid'], (_manager, _invoice, paidAt) => ({ paidAt }));
  }

  /** Locks, looks again in which state it is, changes it. */
  private async change(
    uuid: string,
    changedBy: string,
    [from, state, step]: [from: InvoiceState, to: InvoiceState, step: string],
    columns: (manager: EntityManager, invoice: Invoice, now: Date) => Partial<Invoice> | Promise<Partial<Invoice>>,
  ): Promise<InvoiceView> {
    await this.dataSource.transaction(async (manager) => {
      const locked = (known: string) => this.invoices.lockForChange(manager, known);
      const invoice = await findByOrThrow(locked, uuid, InvoiceNotFoundError);
      if (invoice.state === state) return;
      if (invoice.state !== from) throw new InvoiceStateError(invoice.state, step);
      const modified = this.clock.now();
      const changes = { ...(await columns(manager, invoice, modified)), state, changedBy, modified };
      await manager.update(Invoice, { uuid: invoice.uuid }, changes);
    });
    return this.get(uuid);
  }

  /** An issued invoice says what it said when it was issued; a draft is what its postings add up to. */
  private async views(invoices: readonly Invoice[], shown: number): Promise<InvoiceView[]> {
    const uuids = invoices.map((invoice) => invoice.uuid);
    const drafts = invoices.filter((invoice) => !invoice.document).map((invoice) => invoice.uuid);
    const [rates, items, counts] = await Promise.all([
      this.invoices.rates(drafts),
      this.invoices.items(uuids, shown),
      this.invoices.itemCounts(uuids),
    ]);
    return invoices.map((invoice) => ({
      invoice,
      amounts: invoice.document ?? amountsOf(rates.get(invoice.uuid) ?? [], invoice.currency),
      items: items.get(invoice.uuid) ?? [],
      itemCount: counts.get(invoice.uuid) ?? 0,
    }));
  }

  private async documentOf(manager: EntityManager, invoice: Invoice): Promise<IssuedDocument> {
    const rates = await this.invoices.rates([invoice.uuid], manager);
    const customer = await manager.findOneByOrFail(Customer, { uuid: invoice.customerUuid });
    const { name, nativeName, abbreviation, registrationCode, country, email } = customer;
    return {
      customer: { name, nativeName, abbreviation, registrationCode, country, email },
      ...amountsOf(rates.get(invoice.uuid) ?? [], invoice.currency),
    };
  }
}
