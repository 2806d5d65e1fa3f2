import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, Not, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Count, ListQuery, Page } from '../../common/page.js';
import { YearMonth } from '../../common/year-month.js';
import { containing, countOnly, type Order, paginate } from '../../database/paginate.js';
import { BillingSync } from './billing-sync.entity.js';
import { BillingSyncItem } from './billing-sync-item.entity.js';

/** Which statements are meant; what is left out does not matter. */
export interface StatementFilter {
  readonly customer_mapping?: string;
  readonly customer_mapping_uuid?: string;
  readonly settings_uuid?: string;
  readonly statement_reference?: string;
  readonly report_period?: string;
  readonly report_period_from?: string;
  readonly report_period_to?: string;
  readonly state?: number;
  readonly arrow_state?: string;
}

/** Which lines are meant. */
export interface LineFilter {
  readonly billing_sync?: string;
  readonly billing_sync_uuid?: string;
  readonly report_period?: string;
  readonly vendor_name?: string;
  readonly classification?: string;
  readonly subscription_reference?: string;
  readonly arrow_line_reference?: string;
  readonly has_compensation?: boolean;
}

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

  /** With mapping and organisation. Throws `PageNotFoundError`. */
  list(query: ListQuery & StatementFilter, order: Order): Promise<Page<BillingSync>> {
    return paginate(this.filtered(query), query, order, (uuids) =>
      this.statements.find({ where: { uuid: In([...uuids]) }, relations }),
    );
  }

  /** Throws `PageNotFoundError`. */
  count(query: ListQuery & StatementFilter): Promise<Count> {
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

  /** Throws `PageNotFoundError`. */
  listLines(query: ListQuery & LineFilter, order: Order): Promise<Page<BillingSyncItem>> {
    return paginate(this.filteredLines(query), query, order, (uuids) => this.lines.findBy({ uuid: In([...uuids]) }));
  }

  /** Throws `PageNotFoundError`. */
  countLines(query: ListQuery & LineFilter): Promise<Count> {
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

  private filtered(filter: StatementFilter): SelectQueryBuilder<BillingSync> {
    const { customer_mapping, customer_mapping_uuid, settings_uuid, statement_reference, state, arrow_state } = filter;
    const { report_period, report_period_from, report_period_to } = filter;
    const found = this.statements.createQueryBuilder('sync').where('sync.customerMappingUuid IS NOT NULL');
    if (customer_mapping) found.andWhere('sync.customerMappingUuid = :customer_mapping', { customer_mapping });
    if (customer_mapping_uuid)
      found.andWhere('sync.customerMappingUuid = :customer_mapping_uuid', { customer_mapping_uuid });
    if (settings_uuid)
      found
        .innerJoin('sync.customerMapping', 'mapping')
        .andWhere('mapping.settingsUuid = :settings_uuid', { settings_uuid });
    if (statement_reference)
      found.andWhere('sync.statementReference ILIKE :statement', { statement: containing(statement_reference) });
    if (report_period) ofMonth(found, 'sync', report_period);
    if (report_period_from) found.andWhere(`to_char(sync.month, 'YYYY-MM') >= :from`, { from: report_period_from });
    if (report_period_to) found.andWhere(`to_char(sync.month, 'YYYY-MM') <= :to`, { to: report_period_to });
    if (state !== undefined) found.andWhere('sync.state = :state', { state });
    if (arrow_state) found.andWhere('sync.arrowState = lower(:arrow_state)', { arrow_state });
    return found;
  }

  private filteredLines(filter: LineFilter): SelectQueryBuilder<BillingSyncItem> {
    const { billing_sync, billing_sync_uuid, report_period, vendor_name, classification, has_compensation } = filter;
    const { subscription_reference: subscription, arrow_line_reference: line } = filter;
    const found = this.lines.createQueryBuilder('item').where(IS_LISTED);
    if (billing_sync) found.andWhere('item.billingSyncUuid = :billing_sync', { billing_sync });
    if (billing_sync_uuid) found.andWhere('item.billingSyncUuid = :billing_sync_uuid', { billing_sync_uuid });
    if (report_period) ofMonth(found, 'item', report_period);
    if (vendor_name) found.andWhere('item.vendorName ILIKE :vendor', { vendor: containing(vendor_name) });
    if (classification) found.andWhere('item.classification = :classification', { classification });
    if (subscription)
      found.andWhere('item.subscriptionReference ILIKE :subscription', { subscription: containing(subscription) });
    if (line) found.andWhere('item.arrowLineReference ILIKE :line', { line: containing(line) });
    if (has_compensation !== undefined) found.andWhere(`${has_compensation ? '' : 'NOT '}${IS_CORRECTED}`);
    return found;
  }
}

/** A text that is no month matches nothing. */
function ofMonth(
  found: SelectQueryBuilder<BillingSync> | SelectQueryBuilder<BillingSyncItem>,
  alias: string,
  text: string,
): void {
  const month = YearMonth.parse(text);
  if (month) found.andWhere(`${alias}.month = :month`, { month: month.firstDay });
  else found.andWhere('false');
}
