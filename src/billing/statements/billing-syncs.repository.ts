import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, Not, Repository, type SelectQueryBuilder } from 'typeorm';
import type { Count, Order, Page, Paging } from '../../common/page.js';
import { YearMonth } from '../../common/year-month.js';
import { EntityReader } from '../../database/entity-reader.js';
import { containing, countOnly, mentions, narrow, paginate } from '../../database/paginate.js';
import { BillingSync } from './billing-sync.entity.js';
import { BillingSyncItem } from './billing-sync-item.entity.js';

/** Which statements are meant; what is left out does not matter. Months are `YYYY-MM`. */
export interface StatementFilter extends Paging {
  readonly customerMapping?: string;
  readonly customerMappingUuid?: string;
  readonly settingsUuid?: string;
  /** Part of it. */
  readonly statementReference?: string;
  readonly reportPeriod?: string;
  readonly reportPeriodFrom?: string;
  readonly reportPeriodTo?: string;
  readonly state?: number;
  readonly arrowState?: string;
}

/** Which lines are meant; what is left out does not matter. Of references and vendor name, a part. */
export interface LineFilter extends Paging {
  readonly billingSync?: string;
  readonly billingSyncUuid?: string;
  /** `YYYY-MM` */
  readonly reportPeriod?: string;
  readonly vendorName?: string;
  readonly classification?: string;
  readonly subscriptionReference?: string;
  readonly arrowLineReference?: string;
  readonly hasCompensation?: boolean;
}

const NEWEST_MONTH_FIRST: Order = [
  ['month', 'DESC'],
  ['created', 'DESC'],
];
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
  private readonly statementReader: EntityReader<BillingSync>;
  private readonly lineReader: EntityReader<BillingSyncItem>;

  constructor(
    @InjectRepository(BillingSync) private readonly statements: Repository<BillingSync>,
    @InjectRepository(BillingSyncItem) private readonly lines: Repository<BillingSyncItem>,
  ) {
    this.statementReader = new EntityReader(statements, relations);
    this.lineReader = new EntityReader(lines);
  }

  /** With mapping and organisation, newest month first by default. Throws `PageNotFoundError`. */
  list(filter: StatementFilter): Promise<Page<BillingSync>> {
    return paginate(this.filtered(filter), filter, NEWEST_MONTH_FIRST, this.statementReader);
  }

  /** Throws `PageNotFoundError`. */
  count(filter: StatementFilter): Promise<Count> {
    return countOnly(this.filtered(filter), filter);
  }

  async find(uuid: string): Promise<BillingSync | undefined> {
    return (await this.statementReader.find('item.uuid = $1 AND item.customer_mapping_uuid IS NOT NULL', [uuid]))[0];
  }

  /** Statement → its organisation's invoice of account, month and currency. */
  async invoicesOf(statements: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.statements.query<{ statementUuid: string; invoiceUuid: string }[]>(INVOICES, [statements]);
    return new Map(rows.map((row) => [row.statementUuid, row.invoiceUuid]));
  }

  /** Newest first by default. Throws `PageNotFoundError`. */
  listLines(filter: LineFilter): Promise<Page<BillingSyncItem>> {
    return paginate(this.filteredLines(filter), filter, [['created', 'DESC']], this.lineReader);
  }

  /** Throws `PageNotFoundError`. */
  countLines(filter: LineFilter): Promise<Count> {
    return countOnly(this.filteredLines(filter), filter);
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
    const found = this.statements.createQueryBuilder('sync').where('sync.customerMappingUuid IS NOT NULL');
    if (filter.settingsUuid) found.innerJoin('sync.customerMapping', 'mapping');
    return narrow(found, {
      'sync.customerMappingUuid = :mapping': filter.customerMapping,
      'sync.customerMappingUuid = :mappingUuid': filter.customerMappingUuid,
      'mapping.settingsUuid = :settings': filter.settingsUuid,
      [mentions('sync.statementReference', 'reference')]: containing(filter.statementReference),
      'sync.month = :month': monthOf(filter.reportPeriod),
      "to_char(sync.month, 'YYYY-MM') >= :from": filter.reportPeriodFrom,
      "to_char(sync.month, 'YYYY-MM') <= :to": filter.reportPeriodTo,
      'sync.state = CAST(:state AS integer)': filter.state,
      'sync.arrowState = lower(:arrowState)': filter.arrowState,
    });
  }

  private filteredLines(filter: LineFilter): SelectQueryBuilder<BillingSyncItem> {
    const found = this.lines.createQueryBuilder('item').where(IS_LISTED);
    if (filter.hasCompensation !== undefined) found.andWhere(`${filter.hasCompensation ? '' : 'NOT '}${IS_CORRECTED}`);
    return narrow(found, {
      'item.billingSyncUuid = :sync': filter.billingSync,
      'item.billingSyncUuid = :syncUuid': filter.billingSyncUuid,
      'item.month = :month': monthOf(filter.reportPeriod),
      'item.classification = :classification': filter.classification,
      [mentions('item.vendorName', 'vendor')]: containing(filter.vendorName),
      [mentions('item.subscriptionReference', 'subscription')]: containing(filter.subscriptionReference),
      [mentions('item.arrowLineReference', 'line')]: containing(filter.arrowLineReference),
    });
  }
}

/** The first day; for a text that is no month one that no row has. */
function monthOf(text: string | undefined): string | undefined {
  return text && (YearMonth.parse(text)?.firstDay ?? '-infinity');
}
