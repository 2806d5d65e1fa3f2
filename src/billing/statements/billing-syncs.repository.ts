import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, Not, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Count, Page } from '../../common/page.js';
import { YearMonth } from '../../common/year-month.js';
import { containing, countOnly, mentions, narrow, type Order, orderOf, paginate } from '../../database/paginate.js';
import type { ListBillingSyncItemsQuery, ListBillingSyncsQuery } from './billing-sync.dto.js';
import { BillingSync } from './billing-sync.entity.js';
import { BillingSyncItem } from './billing-sync-item.entity.js';

const STATEMENT_ORDER = {
  created: 'created',
  modified: 'modified',
  report_period: 'month',
  statement_reference: 'statementReference',
  state: 'state',
  sell_total: 'sellTotal',
  buy_total: 'buyTotal',
  synced_at: 'syncedAt',
};
const NEWEST_MONTH_FIRST: Order = [
  ['month', 'DESC'],
  ['created', 'DESC'],
];
const LINE_ORDER = {
  created: 'created',
  report_period: 'month',
  arrow_line_reference: 'arrowLineReference',
  vendor_name: 'vendorName',
  classification: 'classification',
  original_price: 'originalPrice',
};

const relations = { customerMapping: true, customer: true };

const FIRST_LINES = `
  SELECT item.uuid
  FROM unnest($1::uuid[]) AS wanted (uuid)
  CROSS JOIN LATERAL (
    SELECT line.uuid
    FROM billing_sync_item line
    WHERE line.billing_sync_uuid = wanted.uuid
    ORDER BY line.created, line.uuid
    LIMIT $2
  ) item`;

const INVOICES = `
  SELECT statement.uuid AS "statementUuid", invoice.uuid AS "invoiceUuid"
  FROM billing_sync statement
  JOIN invoice
    ON invoice.account_uuid = statement.account_uuid
   AND invoice.customer_uuid = statement.customer_uuid
   AND invoice.month = statement.month
   AND invoice.currency = statement.currency
  WHERE statement.uuid = ANY($1::uuid[])`;

/** Lines of statements that nobody is mapped for are not listed, as the statements are not. */
const IS_LISTED = `
  item.billingSyncUuid IN (
    SELECT statement.uuid
    FROM billing_sync statement
    WHERE statement.customer_mapping_uuid IS NOT NULL
  )`;

const IS_CORRECTED = `
  EXISTS (
    SELECT
    FROM invoice_posting posting
    WHERE posting.charge_uuid = item.charge_uuid
      AND posting.kind = 'compensation'
  )`;

/** Statements of mapped Arrow customers and their lines, as they are read. */
@Injectable()
export class BillingSyncsRepository {
  constructor(
    @InjectRepository(BillingSync) private readonly statements: Repository<BillingSync>,
    @InjectRepository(BillingSyncItem) private readonly lines: Repository<BillingSyncItem>,
  ) {}

  /** With mapping and organisation, newest month first by default. Throws `PageNotFoundError`. */
  list(query: ListBillingSyncsQuery): Promise<Page<BillingSync>> {
    const order = orderOf(query.o, STATEMENT_ORDER, NEWEST_MONTH_FIRST);
    return paginate(this.filtered(query), query, order, (uuids) =>
      this.statements.find({ where: { uuid: In([...uuids]) }, relations }),
    );
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListBillingSyncsQuery): Promise<Count> {
    return countOnly(this.filtered(query), query);
  }

  find(uuid: string): Promise<BillingSync | null> {
    return this.statements.findOne({ where: { uuid, customerMappingUuid: Not(IsNull()) }, relations });
  }

  /** Statement → its organisation's invoice of account, month and currency. */
  async invoicesOf(statements: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.statements.query<{ statementUuid: string; invoiceUuid: string }[]>(INVOICES, [statements]);
    return new Map(rows.map((row) => [row.statementUuid, row.invoiceUuid]));
  }

  /** Newest first by default. Throws `PageNotFoundError`. */
  listLines(query: ListBillingSyncItemsQuery): Promise<Page<BillingSyncItem>> {
    const order = orderOf(query.o, LINE_ORDER, [['created', 'DESC']]);
    return paginate(this.filteredLines(query), query, order, (uuids) => this.lines.findBy({ uuid: In([...uuids]) }));
  }

  /** Throws `PageNotFoundError`. */
  countLines(query: ListBillingSyncItemsQuery): Promise<Count> {
    return countOnly(this.filteredLines(query), query);
  }

  findLine(uuid: string): Promise<BillingSyncItem | null> {
    return this.lines.findOneBy({ uuid, billingSync: { customerMappingUuid: Not(IsNull()) } });
  }

  /** The first lines of each of these statements, by their references. */
  async firstLines(statements: readonly string[], atMost: number): Promise<BillingSyncItem[]> {
    const rows = await this.lines.query<{ uuid: string }[]>(FIRST_LINES, [statements, atMost]);
    return this.lines.find({
      where: { uuid: In(rows.map((row) => row.uuid)) },
      order: { arrowLineReference: 'ASC', occurrence: 'ASC', uuid: 'ASC' },
    });
  }

  private filtered(query: ListBillingSyncsQuery): SelectQueryBuilder<BillingSync> {
    const found = this.statements.createQueryBuilder('sync').where('sync.customerMappingUuid IS NOT NULL');
    if (query.settings_uuid) found.innerJoin('sync.customerMapping', 'mapping');
    return narrow(found, {
      'sync.customerMappingUuid = :mapping': query.customer_mapping,
      'sync.customerMappingUuid = :mappingUuid': query.customer_mapping_uuid,
      'mapping.settingsUuid = :settings': query.settings_uuid,
      [mentions('sync.statementReference', 'reference')]: contained(query.statement_reference),
      'sync.month = :month': monthOf(query.report_period),
      "to_char(sync.month, 'YYYY-MM') >= :from": query.report_period_from,
      "to_char(sync.month, 'YYYY-MM') <= :to": query.report_period_to,
      'sync.state = :state': query.state,
      'sync.arrowState = lower(:arrowState)': query.arrow_state,
    });
  }

  private filteredLines(query: ListBillingSyncItemsQuery): SelectQueryBuilder<BillingSyncItem> {
    const found = this.lines.createQueryBuilder('item').where(IS_LISTED);
    if (query.has_compensation !== undefined) found.andWhere(`${query.has_compensation ? '' : 'NOT '}${IS_CORRECTED}`);
    return narrow(found, {
      'item.billingSyncUuid = :sync': query.billing_sync,
      'item.billingSyncUuid = :syncUuid': query.billing_sync_uuid,
      'item.month = :month': monthOf(query.report_period),
      'item.classification = :classification': query.classification,
      [mentions('item.vendorName', 'vendor')]: contained(query.vendor_name),
      [mentions('item.subscriptionReference', 'subscription')]: contained(query.subscription_reference),
      [mentions('item.arrowLineReference', 'line')]: contained(query.arrow_line_reference),
    });
  }
}

function contained(text: string | undefined): string | undefined {
  return text && containing(text);
}

/** The first day; for a text that is no month one that no row has. */
function monthOf(text: string | undefined): string | undefined {
  return text && (YearMonth.parse(text)?.firstDay ?? '-infinity');
}
