import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, In, Repository, type SelectQueryBuilder } from 'typeorm';
import type { PriceSource } from '../../arrow-export/columns.js';
import { groupBy } from '../../common/group-by.js';
import type { DecimalString } from '../../common/money.js';
import type { Count, Page } from '../../common/page.js';
import { countOnly, narrow, orderOf, paginate } from '../../database/paginate.js';
import type { ListInvoicesQuery } from './invoice.dto.js';
import { Invoice, type InvoiceTax } from './invoice.entity.js';
import { COUNT_ITEMS, INSERT_DRAFTS, INVOICE_ITEMS, INVOICE_RATES, LOCK_INVOICES, NEXT_NUMBER } from './invoice.sql.js';

/** An invoice as it stands until the transaction ends. */
export type LockedInvoice = Readonly<Pick<Invoice, 'uuid' | 'customerUuid' | 'currency' | 'month' | 'state'>>;

/** Whose invoice: one per account, month, organisation and currency. */
export type InvoiceParty = Pick<LockedInvoice, 'customerUuid' | 'currency'>;

/** What is posted on an invoice at one tax rate, net. */
export type RateAmount = Pick<InvoiceTax, 'percent' | 'price'>;

/** One line of an invoice: everything posted on it for one charge, compensations apart. */
export interface InvoiceItem {
  /** Of its first posting, so that it stays the same while the amount changes. */
  readonly uuid: string;
  readonly name: string;
  readonly price: DecimalString;
  readonly start: string;
  readonly end: string;
  readonly resourceUuid: string | null;
  readonly projectUuid: string | null;
  readonly source: 'arrow_reconciliation' | 'arrow_rounding' | 'arrow_consumption' | 'arrow';
  /** `""` for rounding. */
  readonly licenseReference: string;
  /** `YYYY-MM`: the month that is charged. */
  readonly originalPeriod: string;
  readonly priceSource: PriceSource;
  /** The issued invoice whose amount it corrects. */
  readonly correctsInvoiceUuid: string | null;
  /** How many postings it is the sum of. */
  readonly postings: number;
}

/** The item before a page of items. */
export type ItemPosition = Pick<InvoiceItem, 'name' | 'uuid'>;

const START: ItemPosition = { name: '', uuid: '00000000-0000-0000-0000-000000000000' };
const SORTABLE = { created: 'created', month: 'month', year: 'month', number: 'number' };

/** Invoices: the locks that posters and issuers take, and what stands on them. */
@Injectable()
export class InvoiceRepository {
  constructor(@InjectRepository(Invoice) private readonly invoices: Repository<Invoice>) {}

  /**
   * The invoices of these bill-to parties, made where they are missing. Nobody issues them until the transaction ends; others
   * may post on them.
   */
  async lockDrafts(
    manager: EntityManager,
    accountUuid: string,
    month: string,
    parties: readonly InvoiceParty[],
  ): Promise<LockedInvoice[]> {
    await manager.query(INSERT_DRAFTS, parametersOf(accountUuid, month, parties));
    return this.lockExisting(manager, accountUuid, month, parties);
  }

  /** As {@link lockDrafts}, but makes none. */
  lockExisting(
    manager: EntityManager,
    accountUuid: string,
    month: string,
    parties: readonly InvoiceParty[],
  ): Promise<LockedInvoice[]> {
    return manager.query(LOCK_INVOICES, parametersOf(accountUuid, month, parties));
  }

  /** Nobody else posts on it or changes it until the transaction ends. Locks the row alone. */
  lockForChange(manager: EntityManager, uuid: string): Promise<Invoice | null> {
    return manager.findOne(Invoice, { where: { uuid }, lock: { mode: 'pessimistic_write' } });
  }

  /** Keeps the account's next number for this transaction, and says on whose calendar it is issued. */
  async nextNumber(manager: EntityManager, accountUuid: string): Promise<{ number: number; timeZone: string }> {
    const [[row]] = await manager.query<[[{ number: number; timeZone: string }]]>(NEXT_NUMBER, [accountUuid]);
    return row;
  }

  /** With its `customer`. */
  find(uuid: string): Promise<Invoice | null> {
    return this.invoices.findOne({ where: { uuid }, relations: { customer: true } });
  }

  /** With their `customer`. Throws `PageNotFoundError`. */
  list(query: ListInvoicesQuery): Promise<Page<Invoice>> {
    const order = orderOf(query.o, SORTABLE, [['month', 'DESC']]);
    return paginate(this.filtered(query), query, order, (uuids) =>
      this.invoices.find({ where: { uuid: In([...uuids]) }, relations: { customer: true } }),
    );
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListInvoicesQuery): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  /** Per invoice, lowest rate first. */
  async rates(
    uuids: readonly string[],
    manager: EntityManager = this.invoices.manager,
  ): Promise<Map<string, RateAmount[]>> {
    const rows = await manager.query<(RateAmount & OfInvoice)[]>(INVOICE_RATES, [uuids]);
    return groupBy(rows, (row) => row.invoiceUuid);
  }

  /** Items of each of these invoices by name: the first `limit` after that one. */
  async items(
    uuids: readonly string[],
    limit: number,
    skip = 0,
    after: ItemPosition = START,
  ): Promise<Map<string, InvoiceItem[]>> {
    const parameters = [uuids, limit, skip, after.name, after.uuid];
    return groupBy(
      await this.invoices.query<(InvoiceItem & OfInvoice)[]>(INVOICE_ITEMS, parameters),
      (item) => item.invoiceUuid,
    );
  }

  async itemCounts(uuids: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.invoices.query<({ count: number } & OfInvoice)[]>(COUNT_ITEMS, [uuids]);
    return new Map(rows.map((row) => [row.invoiceUuid, row.count]));
  }

  private filtered(query: ListInvoicesQuery): SelectQueryBuilder<Invoice> {
    return narrow(this.invoices.createQueryBuilder('invoice'), {
      'invoice.customerUuid = :customer': query.customer,
      'invoice.customerUuid = :customer_uuid': query.customer_uuid,
      'extract(year from invoice.month) = :year': query.year,
      'extract(month from invoice.month) = :month': query.month,
      'invoice.state = ANY(:state)': query.state,
      'invoice.currency = upper(:currency)': query.currency,
    });
  }
}

interface OfInvoice {
  readonly invoiceUuid: string;
}

function parametersOf(accountUuid: string, month: string, parties: readonly InvoiceParty[]): unknown[] {
  return [accountUuid, month, parties.map((party) => party.customerUuid), parties.map((party) => party.currency)];
}
