import { Injectable, type StreamableFile } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../../common/clock.js';
import { csvFile } from '../../common/csv.js';
import { type Count, Page, pageOf } from '../../common/page.js';
import { parseUuid } from '../../common/uuid.js';
import { type InvoiceAmounts, amountsOf } from './invoice-amounts.js';
import {
  cellsOf,
  InvoiceItemResponse,
  ITEM_COLUMNS,
  type ListInvoiceItemsQuery,
  type ListInvoicesQuery,
} from './invoice.dto.js';
import type { Invoice } from './invoice.entity.js';
import { type InvoiceItem, InvoiceRepository } from './invoice.repository.js';
import { InvoiceNotFoundError, InvoiceStateError } from './invoices.errors.js';

/** An invoice with what stands on it. */
export interface InvoiceView {
  readonly invoice: Invoice;
  readonly amounts: InvoiceAmounts;
  /** The first of them. */
  readonly items: readonly InvoiceItem[];
  readonly itemCount: number;
}

const ITEMS_IN_LIST = 100;
const ITEMS_OF_ONE = 1000;
const CSV_ROWS = 2000;

/** Invoices: reading them, and noting that they are paid. */
@Injectable()
export class InvoicesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly invoices: InvoiceRepository,
    private readonly clock: Clock,
  ) {}

  /** Throws `PageNotFoundError`. */
  async list(query: ListInvoicesQuery): Promise<Page<InvoiceView>> {
    const page = await this.invoices.list(query);
    const views = await this.views(page.items, ITEMS_IN_LIST);
    return new Page(views, page.total, page.page, page.pageSize, page.fields);
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListInvoicesQuery): Promise<Count> {
    return this.invoices.count(query);
  }

  /** Throws `InvoiceNotFoundError`. */
  async get(uuid: string): Promise<InvoiceView> {
    const [view] = await this.views([await this.find(uuid)], ITEMS_OF_ONE);
    return view!;
  }

  /** A page of items, or all of them as CSV. Throws `InvoiceNotFoundError`, `PageNotFoundError`. */
  async items(uuid: string, query: ListInvoiceItemsQuery): Promise<Page<InvoiceItemResponse> | StreamableFile> {
    const invoice = await this.find(uuid);
    if (query.format?.includes('csv'))
      return csvFile(`invoice-${invoice.number ?? invoice.uuid}`, ITEM_COLUMNS, this.csvRows(invoice));
    const counts = await this.invoices.itemCounts([invoice.uuid]);
    const { total, page, pageSize } = pageOf(query, counts.get(invoice.uuid) ?? 0);
    const items = await this.invoices.items(invoice.uuid, pageSize, (page - 1) * pageSize);
    const views = items.map((item) => InvoiceItemResponse.from(item, invoice.currency));
    return new Page(views, total, page, pageSize, query.field);
  }

  /** Doing it again changes nothing. Throws `InvoiceNotFoundError`, `InvoiceStateError` for one that is not issued. */
  async paid(uuid: string, by: string): Promise<InvoiceView> {
    const known = parseUuid(uuid) ?? '';
    await this.dataSource.transaction(async (manager) => {
      const invoice = known && (await this.invoices.lockForChange(manager, known));
      if (!invoice) throw new InvoiceNotFoundError();
      if (invoice.state === 'paid') return;
      if (invoice.state !== 'created') throw new InvoiceStateError(invoice.state, 'paid');
      const now = this.clock.now();
      await this.invoices.update(manager, known, { state: 'paid', paidAt: now, changedBy: by, modified: now });
    });
    return this.get(known);
  }

  private async find(uuid: string): Promise<Invoice> {
    const known = parseUuid(uuid);
    const invoice = known && (await this.invoices.find(known));
    if (!invoice) throw new InvoiceNotFoundError();
    return invoice;
  }

  private async *csvRows({ uuid, currency }: Invoice) {
    let last: InvoiceItem | undefined;
    for (;;) {
      const items = await this.invoices.items(uuid, CSV_ROWS, 0, last);
      for (const item of items) yield cellsOf(item, currency);
      if (items.length < CSV_ROWS) return;
      last = items.at(-1);
    }
  }

  /** An issued invoice says what it said when it was issued; a draft is what its postings add up to. */
  private async views(invoices: readonly Invoice[], shown: number): Promise<InvoiceView[]> {
    const uuids = invoices.map((invoice) => invoice.uuid);
    const drafts = invoices.filter((invoice) => !invoice.document).map((invoice) => invoice.uuid);
    const [rates, items, counts] = await Promise.all([
      this.invoices.rates(drafts),
      this.invoices.itemsOfMany(uuids, shown),
      this.invoices.itemCounts(uuids),
    ]);
    return invoices.map((invoice) => ({
      invoice,
      amounts: invoice.document ?? amountsOf(rates.get(invoice.uuid) ?? [], invoice.currency),
      items: items.get(invoice.uuid) ?? [],
      itemCount: counts.get(invoice.uuid) ?? 0,
    }));
  }
}
