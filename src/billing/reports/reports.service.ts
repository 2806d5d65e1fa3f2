import { Injectable, type StreamableFile } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { type CsvCell, csvFile, inPages } from '../../common/csv.js';
import { Page, pageOf } from '../../common/page.js';
import { YearMonth } from '../../common/year-month.js';
import { CustomerMappingsService } from '../../mappings/customer-mappings.service.js';
import { SettingsService } from '../../settings/settings.service.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import { BillingRulesService } from '../accounts/billing-rules.service.js';
import { checkedRange } from '../core/month-range.js';
import { namedSettings } from '../core/named-in-request.js';
import {
  MARGIN_COLUMNS,
  type MarginQuery,
  MarginRow,
  UNLINKED_SPEND_COLUMNS,
  type UnlinkedSpendQuery,
  UnlinkedSpendRow,
} from './report.dto.js';
import { ReportsRepository } from './reports.repository.js';

/** Every page adds the month up again, so it takes few of them. */
const CSV_ROWS = 50_000;

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
  async unlinkedSpend(query: UnlinkedSpendQuery): Promise<Page<UnlinkedSpendRow> | StreamableFile> {
    const named = query.settings_uuid;
    const settings = named ? await namedSettings(this.settings, named) : await this.settings.resolve();
    const account = await this.accounts.known(settings);
    const newest = account && !query.period ? await this.reports.newestMonth(account.uuid) : null;
    const month = query.period ?? (newest ? YearMonth.from(newest) : YearMonth.at(this.clock.now(), account?.timeZone));
    const rule = account && (await this.rules.known(account.uuid, month));
    const scope = account && rule && { accountUuid: account.uuid, month: month.firstDay, price: rule.priceSource };
    const read = async (limit: number, skip: number) => {
      const rows = scope ? await this.reports.unlinkedSpend(scope, limit, skip) : [];
      return rows.map((row) => UnlinkedSpendRow.from(row, month));
    };
    if (query.format?.includes('csv')) {
      const rows = inPages(CSV_ROWS, (skip) => read(CSV_ROWS, skip));
      return csvFile(`unlinked-spend-${month.toString()}`, UNLINKED_SPEND_COLUMNS, cellsOf(rows));
    }
    const { total, page, pageSize } = pageOf(query, scope ? await this.reports.countUnlinkedSpend(scope) : 0);
    return new Page(await read(pageSize, (page - 1) * pageSize), total, page, pageSize, query.field);
  }

  /**
   * Buy, sell and margin of a mapped customer, per month, vendor and currency. Throws `CustomerMappingNotFoundError`,
   * `InvalidFieldsError`, `PageNotFoundError`.
   */
  async margin(mappingUuid: string, query: MarginQuery): Promise<Page<MarginRow> | StreamableFile> {
    const mapping = await this.mappings.get(mappingUuid);
    const to = query.to ?? YearMonth.at(this.clock.now());
    const range = checkedRange(query.from ?? to.plus(-11), to, ['from', 'to']);
    const rows = (await this.reports.margin(mapping.uuid, range)).map((row) => MarginRow.from(row));
    if (query.format?.includes('csv'))
      return csvFile(`margin-${mapping.arrowReference}`, MARGIN_COLUMNS, cellsOf(rows));
    const { total, page, pageSize } = pageOf(query, rows.length);
    return new Page(rows.slice((page - 1) * pageSize, page * pageSize), total, page, pageSize, query.field);
  }
}

async function* cellsOf(rows: Iterable<object> | AsyncIterable<object>): AsyncGenerator<CsvCell[]> {
  for await (const row of rows) yield Object.values(row) as CsvCell[];
}
