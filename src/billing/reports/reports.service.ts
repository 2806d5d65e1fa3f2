import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { answerColumnsOf, inPages, pageOrFile, type PageOrFile } from '../../common/csv.js';
import { YearMonth } from '../../common/year-month.js';
import type { CustomerMapping } from '../../mappings/customer-mapping.entity.js';
import { CustomerMappingsService } from '../../mappings/customer-mappings.service.js';
import { SettingsService } from '../../settings/settings.service.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import { BillingRulesService } from '../accounts/billing-rules.service.js';
import { rangeUpTo } from '../core/month-range.js';
import { settingsNotFound } from '../core/named-in-request.js';
import { type MarginQuery, MarginRow, type UnlinkedSpendQuery, UnlinkedSpendRow } from './report.dto.js';
import { type BillingSummary, ReportsRepository, type SummaryScope } from './reports.repository.js';

/** Every page adds the month up again, so it takes few of them. */
const CSV_ROWS = 50_000;
const RECENT = 20;

/** What people ask of billing beside the invoices themselves. */
@Injectable()
export class ReportsService {
  constructor(
    private readonly reports: ReportsRepository,
    private readonly mappings: CustomerMappingsService,
    private readonly settings: SettingsService,
    private readonly accounts: BillingAccountsService,
    private readonly rules: BillingRulesService,
    private readonly clock: Clock,
  ) {}

  /**
   * Spend that is charged to nobody or to no resource, largest first, of the month asked for or else of the newest one
   * with lines. Throws `SettingsMissingError`, `NamedNotFoundError`, `PageNotFoundError`.
   */
  async unlinkedSpend(query: UnlinkedSpendQuery): PageOrFile<UnlinkedSpendRow> {
    const account = await this.accounts.known(await this.settings.resolve(query.settings_uuid, settingsNotFound));
    const newest = account && !query.period ? await this.reports.newestMonth(account.uuid) : null;
    const month = query.period ?? (newest ? YearMonth.from(newest) : YearMonth.at(this.clock.now(), account?.timeZone));
    const rule = account && (await this.rules.known(account.uuid, month));
    const scope = account && rule && { accountUuid: account.uuid, month: month.firstDay, price: rule.priceSource };
    const page = async (limit: number, skip: number) => {
      const rows = scope ? await this.reports.unlinkedSpend(scope, limit, skip) : [];
      return rows.map((row) => UnlinkedSpendRow.from(row, month));
    };
    return pageOrFile(query, {
      name: `unlinked-spend-${month.toString()}`,
      columns: answerColumnsOf(UnlinkedSpendRow),
      rows: () => inPages(CSV_ROWS, (skip) => page(CSV_ROWS, skip)),
      count: () => (scope ? this.reports.countUnlinkedSpend(scope) : 0),
      page,
    });
  }

  /**
   * Buy, sell and margin of a mapped customer, per month, vendor and currency. Throws `CustomerMappingNotFoundError`,
   * `InvalidFieldsError`, `PageNotFoundError`.
   */
  async margin(mappingUuid: string, query: MarginQuery): PageOrFile<MarginRow> {
    const mapping = await this.mappings.get(mappingUuid);
    const range = rangeUpTo(query, YearMonth.at(this.clock.now()), 12, ['from', 'to']);
    const rows = (await this.reports.margin(mapping.uuid, range)).map(MarginRow.from);
    return pageOrFile(query, {
      name: `margin-${mapping.arrowReference}`,
      columns: answerColumnsOf(MarginRow),
      rows: () => rows,
      count: () => rows.length,
      page: (limit, skip) => rows.slice(skip, skip + limit),
    });
  }

  /** In one look: few statements, whatever the size. Throws `CustomerMappingNotFoundError`. */
  async summary(mappingUuid: string): Promise<BillingSummary> {
    const mapping = await this.mappings.get(mappingUuid);
    const siblings = await this.mappings.ofCustomer(mapping.waldurCustomerUuid);
    const scope = scopeOf(mapping, siblings);
    const [totals, records, statements] = await Promise.all([
      this.reports.totals(scope),
      this.reports.recentRecords(scope, RECENT),
      this.reports.recentStatements(scope, RECENT),
    ]);
    return { mapping, mappingsOfCustomer: siblings.length, totals, records, statements };
  }
}

/**
 * An organisation with one mapping has all its consumption there. With several each record counts where the Arrow
 * customer of its charge is mapped; what belongs to none of them counts under the oldest, so that all of it counts.
 */
function scopeOf(mapping: CustomerMapping, siblings: readonly CustomerMapping[]): SummaryScope {
  const { uuid: mappingUuid, waldurCustomerUuid: customerUuid, arrowReference } = mapping;
  const isExclusion = siblings[0]?.uuid === mappingUuid;
  const others = siblings.map((sibling) => sibling.arrowReference).filter((known) => known !== arrowReference);
  return { mappingUuid, customerUuid, arrowCustomers: isExclusion ? others : [arrowReference], isExclusion };
}
