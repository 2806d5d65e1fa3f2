import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository, type SelectQueryBuilder } from 'typeorm';
import type { PriceSource } from '../../arrow-export/columns.js';
import { groupBy } from '../../common/group-by.js';
import type { DecimalString } from '../../common/money.js';
import type { Paging } from '../../common/page.js';
import type { YearMonth } from '../../common/year-month.js';
import { columnsOf } from '../../database/columns-of.js';
import { EntityRepository } from '../../database/entity.repository.js';
import { narrow } from '../../database/paginate.js';
import type { LockedMonth } from '../core/month-lock.repository.js';
import { Invoice, type InvoiceAmounts, type InvoiceTax } from './invoice.entity.js';
import * as sql from './invoice.sql.js';
import { InvoiceNotFoundError } from './invoices.errors.js';

/** An invoice as it stands until the transaction ends. */
export type LockedInvoice = Readonly<Pick<Invoice, 'uuid' | 'customerUuid' | 'currency' | 'month' | 'state'>>;

/** Whose invoice: one per account, month, organisation and currency. */
export type InvoiceBillTo = Pick<LockedInvoice, 'customerUuid' | 'currency'>;

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

/** An invoice with what stands on it. */
export interface InvoiceView {
  readonly invoice: Invoice;
  readonly amounts: InvoiceAmounts;
  /** The first of them. */
  readonly items: readonly InvoiceItem[];
  readonly itemCount: number;
}

/** Which invoices are meant; what is left out does not matter. */
export interface InvoiceFilter extends Paging {
  readonly customer?: string;
  readonly customerUuid?: string;
  readonly year?: number;
  /** 1 to 12. */
  readonly month?: number;
  readonly state?: readonly string[];
  /** The day it was made, UTC. */
  readonly created?: string;
  /** Days; of their months, and those between. */
  readonly startDate?: string;
  readonly endDate?: string;
  readonly currency?: string;
}

/** The item before a page of items. */
export type ItemPosition = Pick<InvoiceItem, 'name' | 'uuid'>;

const START: ItemPosition = { name: '', uuid: '00000000-0000-0000-0000-000000000000' };

/** Invoices with their `customer`: the locks that posters and issuers take, and what stands on them. */
@Injectable()
export class InvoiceRepository extends EntityRepository<Invoice, InvoiceFilter> {
  constructor(@InjectRepository(Invoice) rows: Repository<Invoice>) {
    super(rows, InvoiceNotFoundError, { customer: true }, [['month', 'DESC']]);
  }

  /** Within a transaction that erases a person. Answers on how many issued invoices its address stood. */
  async eraseContact({ email }: { readonly email: string }, manager: EntityManager): Promise<Record<string, number>> {
    if (!email) return {};
    const [, rows] = await manager.query<[unknown[], number]>(sql.ERASE_CONTACT, [email]);
    return { 'invoice.document': rows };
  }

  /**
   * The invoices of these bill-to parties for that month, made where they are missing. Nobody issues them until the
   * transaction ends; others may post on them.
   */
  async lockDrafts(by: LockedMonth, month: YearMonth, parties: readonly InvoiceBillTo[]): Promise<LockedInvoice[]> {
    await by.manager.query(sql.INSERT_DRAFTS, parametersOf(by, month, parties));
    return this.lockExisting(by, month, parties);
  }

  /** As {@link lockDrafts}, but makes none. */
  lockExisting(by: LockedMonth, month: YearMonth, parties: readonly InvoiceBillTo[]): Promise<LockedInvoice[]> {
    return by.manager.query(sql.LOCK_INVOICES, parametersOf(by, month, parties));
  }

  /** Nobody else posts on it or changes it until the transaction ends. Locks the row alone. */
  lockForChange(manager: EntityManager, uuid: string): Promise<Invoice | null> {
    return manager.findOne(Invoice, { where: { uuid }, lock: { mode: 'pessimistic_write' } });
  }

  /** Keeps the account's next number for this transaction, and says on whose calendar it is issued. */
  async nextNumber(manager: EntityManager, accountUuid: string): Promise<{ number: number; timeZone: string }> {
    const [[row]] = await manager.query<[[{ number: number; timeZone: string }]]>(sql.NEXT_NUMBER, [accountUuid]);
    return row;
  }

  /** Per invoice, lowest rate first. */
  async rates(
    uuids: readonly string[],
    manager: EntityManager = this.rows.manager,
  ): Promise<Map<string, RateAmount[]>> {
    const rows = await manager.query<(RateAmount & OfInvoice)[]>(sql.INVOICE_RATES, [uuids]);
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
    const rows = await this.rows.query<(InvoiceItem & OfInvoice)[]>(sql.INVOICE_ITEMS, parameters);
    return groupBy(rows, (item) => item.invoiceUuid);
  }

  async itemCounts(uuids: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.rows.query<({ count: number } & OfInvoice)[]>(sql.COUNT_ITEMS, [uuids]);
    return new Map(rows.map((row) => [row.invoiceUuid, row.count]));
  }

  protected filtered(filter: InvoiceFilter): SelectQueryBuilder<Invoice> {
    return narrow(this.rows.createQueryBuilder('invoice'), {
      'invoice.customerUuid = :customer': filter.customer,
      'invoice.customerUuid = :customerUuid': filter.customerUuid,
      'extract(year from invoice.month) = :year': filter.year,
      'extract(month from invoice.month) = :month': filter.month,
      'invoice.state = ANY(:state)': filter.state,
      "CAST(invoice.created AT TIME ZONE 'UTC' AS date) = :created": filter.created,
      "invoice.month >= date_trunc('month', CAST(:startDate AS date))": filter.startDate,
      'invoice.month <= :endDate': filter.endDate,
      'invoice.currency = upper(:currency)': filter.currency,
    });
  }
}

interface OfInvoice {
  readonly invoiceUuid: string;
}

function parametersOf({ account }: LockedMonth, month: YearMonth, parties: readonly InvoiceBillTo[]): unknown[] {
  return [account.uuid, month.firstDay, ...columnsOf(parties, 'customerUuid', 'currency')];
}
