import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository, type SelectQueryBuilder } from 'typeorm';
import type { Order, Paging } from '../../common/page.js';
import { YearMonth } from '../../common/year-month.js';
import { EntityRepository } from '../../database/entity.repository.js';
import { containing, mentions, narrow } from '../../database/paginate.js';
import { BillingSyncNotFoundError } from '../core/billing.errors.js';
import { BillingSync } from './billing-sync.entity.js';

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

const NEWEST_MONTH_FIRST: Order = [
  ['month', 'DESC'],
  ['created', 'DESC'],
];

const INVOICES = `
  SELECT statement.uuid AS "statementUuid", invoice.uuid AS "invoiceUuid"
  FROM billing_sync statement
  JOIN invoice
    ON invoice.account_uuid = statement.account_uuid
   AND invoice.customer_uuid = statement.customer_uuid
   AND invoice.month = statement.month
   AND invoice.currency = statement.currency
  WHERE statement.uuid = ANY($1::uuid[])`;

/** Statements of mapped Arrow customers, with mapping and organisation, as they are read. */
@Injectable()
export class BillingSyncsRepository extends EntityRepository<BillingSync, StatementFilter> {
  constructor(@InjectRepository(BillingSync) rows: Repository<BillingSync>) {
    super(rows, BillingSyncNotFoundError, { customerMapping: true, customer: true }, NEWEST_MONTH_FIRST);
  }

  override async findAll(uuids: readonly string[]): Promise<BillingSync[]> {
    return (await super.findAll(uuids)).filter(({ customerMappingUuid }) => customerMappingUuid);
  }

  /** Statement → its organisation's invoice of account, month and currency. */
  async invoicesOf(statements: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.rows.query<{ statementUuid: string; invoiceUuid: string }[]>(INVOICES, [statements]);
    return new Map(rows.map((row) => [row.statementUuid, row.invoiceUuid]));
  }

  protected filtered(filter: StatementFilter): SelectQueryBuilder<BillingSync> {
    const found = this.rows.createQueryBuilder('sync').where('sync.customerMappingUuid IS NOT NULL');
    if (filter.settingsUuid) found.innerJoin('sync.customerMapping', 'mapping');
    return narrow(found, {
      'sync.customerMappingUuid = :mapping': filter.customerMapping,
      'sync.customerMappingUuid = :mappingUuid': filter.customerMappingUuid,
      'mapping.settingsUuid = :settings': filter.settingsUuid,
      'sync.month = :month': monthOf(filter.reportPeriod),
      "to_char(sync.month, 'YYYY-MM') >= :from": filter.reportPeriodFrom,
      "to_char(sync.month, 'YYYY-MM') <= :to": filter.reportPeriodTo,
      ...referenceAndStates('sync', filter),
    });
  }
}

/** Conditions on a statement, for `narrow`. */
export const referenceAndStates = (alias: string, filter: StatementFilter): Readonly<Record<string, unknown>> => ({
  [mentions(`${alias}.statementReference`, 'reference')]: containing(filter.statementReference),
  [`${alias}.state = CAST(:state AS integer)`]: filter.state,
  [`${alias}.arrowState = lower(:arrowState)`]: filter.arrowState,
});

/** The first day; for a text that is no month one that no row has. */
export function monthOf(text: string | undefined): string | undefined {
  return text && (YearMonth.parse(text)?.firstDay ?? '-infinity');
}
