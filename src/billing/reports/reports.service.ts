import { Injectable, type StreamableFile } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../../common/clock.js';
import { type CsvCell, csvFile, inPages } from '../../common/csv.js';
import { round } from '../../common/money.js';
import { Page, pageOf } from '../../common/page.js';
import { renderUuid } from '../../common/uuid.js';
import { YearMonth } from '../../common/year-month.js';
import { ResourcesService } from '../../directory/resources.service.js';
import { CustomerMappingsService } from '../../mappings/customer-mappings.service.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import { BillingJobsService } from '../actions/billing-jobs.service.js';
import { checkedRange } from '../month-range.js';
import { BilledLicensesService, type LooseSpend } from '../statement/billed-licenses.service.js';
import type { MarginQuery, MarginRow, UnlinkedSpendQuery, UnlinkedSpendRow } from './report.dto.js';

const CSV_ROWS = 1000;

/** What people ask of billing beside the invoices themselves. */
@Injectable()
export class ReportsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly mappings: CustomerMappingsService,
    private readonly accounts: BillingAccountsService,
    private readonly jobs: BillingJobsService,
    private readonly licenses: BilledLicensesService,
    private readonly resources: ResourcesService,
    private readonly clock: Clock,
  ) {}

  /** Licences that bill and hang on nothing, by money. Throws `SettingsMissingError`, `SettingsNotFoundError`, `PageNotFoundError`. */
  async unlinkedSpend(query: UnlinkedSpendQuery): Promise<Page<UnlinkedSpendRow> | StreamableFile> {
    const settings = await this.jobs.named(query.settings_uuid);
    const account = await this.accounts.known(settings);
    const month = query.period ?? YearMonth.at(this.clock.now(), account?.timeZone);
    const read = async (limit: number, offset: number) =>
      account ? this.licenses.loose(account.uuid, month.firstDay, settings.invoicePriceSource, limit, offset) : [];
    // A resource linked since then would be offered as missing for ever: those of today do not count as loose.
    const all: LooseSpend[] = [];
    for await (const row of inPages(CSV_ROWS, (offset) => read(CSV_ROWS, offset))) all.push(row);
    const linked = new Set(
      (await this.resources.withBackendIds(all.map((row) => row.licenseReference).filter(Boolean))).map(
        (resource) => resource.backendId,
      ),
    );
    const rows = all.filter((row) => row.status === 'unmatched' || !linked.has(row.licenseReference)).map(unlinkedRow);
    return answer(query, rows, `unlinked-spend-${month.toString()}`);
  }

  /** Buy, sell and margin of a mapped customer, per month and vendor. Throws `CustomerMappingNotFoundError`, `InvalidFieldsError`, `PageNotFoundError`. */
  async margin(mappingUuid: string, query: MarginQuery): Promise<Page<MarginRow> | StreamableFile> {
    const mapping = await this.mappings.get(mappingUuid);
    const to = query.to ?? YearMonth.at(this.clock.now());
    const { from } = checkedRange(query.from ?? to.plus(-11), to, ['from', 'to']);
    const rows = await this.dataSource.query<MarginRow[]>(MARGIN, [mapping.uuid, from.firstDay, to.firstDay]);
    return answer(query, rows, `margin-${mapping.arrowReference}`);
  }
}

function answer<T extends object>(
  query: UnlinkedSpendQuery | MarginQuery,
  rows: readonly T[],
  name: string,
): Page<T> | StreamableFile {
  if (query.format?.includes('csv')) {
    const headers = Object.keys(rows[0] ?? {});
    return csvFile(name, headers, asyncRows(rows.map((row) => Object.values(row) as CsvCell[])));
  }
  const { total, page, pageSize } = pageOf(query, rows.length);
  return new Page(rows.slice((page - 1) * pageSize, page * pageSize), total, page, pageSize, query.field);
}

async function* asyncRows(rows: readonly CsvCell[][]) {
  for (const row of rows) yield await Promise.resolve(row);
}

function unlinkedRow(row: LooseSpend): UnlinkedSpendRow {
  const charged = row.status === 'billable';
  return {
    license_reference: row.licenseReference,
    end_customer_name: row.endCustomerName,
    vendor_name: row.vendorName,
    amount: round(row.amount, 2),
    currency: row.currency,
    lines: row.lines,
    charged,
    customer_uuid: row.customerUuid && renderUuid(row.customerUuid),
    reason: charged ? 'not_linked' : row.reason,
    fix: FIXES[charged ? 'not_linked' : row.reason] ?? '',
  };
}

const FIXES: Record<string, string> = {
  not_linked: 'Import or link the licence: POST customer-mappings/{uuid}/import_license/ or link_resource/.',
  no_license:
    'The export line names no licence: ask Arrow, or choose an export type with the column ARS Subscription ID.',
  customer_unknown: 'ArrowSphere does not say whose licence it is: link it to a resource, or ask Arrow.',
  customer_not_mapped: 'Map the ArrowSphere customer: POST customer-mappings/.',
  resource_of_another_customer:
    'Unlink the licence from its resource, or map its ArrowSphere customer to the organisation of that resource.',
  several_mappings: 'The organisation has several mappings: deactivate those that are not meant.',
  currency_conflict: 'Bill this currency under another organisation, or have Arrow change it.',
};

const MARGIN = `
  SELECT to_char(item.month, 'YYYY-MM') AS period, item.vendor_name, item.currency, round(coalesce(sum(buy) FILTER (WHERE sell IS NOT NULL), 0), 2)::text AS buy,
         round(coalesce(sum(sell) FILTER (WHERE buy IS NOT NULL), 0), 2)::text AS sell, round(coalesce(sum(sell - buy), 0), 2)::text AS margin,
         round(100 * sum(sell - buy) / nullif(sum(sell) FILTER (WHERE buy IS NOT NULL), 0), 2)::text AS margin_percent, count(*)::int AS lines,
         count(*) FILTER (WHERE sell IS NULL OR buy IS NULL)::int AS lines_without_both_prices
  FROM billing_sync sync JOIN billing_sync_item item ON item.billing_sync_uuid = sync.uuid
  WHERE sync.customer_mapping_uuid = $1 AND sync.month BETWEEN $2 AND $3 AND item.presence = 'present' AND item.status = 'billable'
  GROUP BY item.month, item.vendor_name, item.currency ORDER BY item.month DESC, item.vendor_name, item.currency`;
