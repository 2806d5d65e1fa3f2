import { Injectable } from '@nestjs/common';
import type { CustomerMapping } from '../../mappings/customer-mapping.entity.js';
import { CustomerMappingsService } from '../../mappings/customer-mappings.service.js';
import {
  type RecentRecord,
  type RecentStatement,
  type RecordScope,
  type RecordTotals,
  ReportsRepository,
  type StatementTotals,
} from './reports.repository.js';

/** What a mapped customer consumed and was billed. Totals in `currency`. */
export interface BillingSummary {
  readonly mapping: CustomerMapping;
  /** Mappings of its organisation under all accounts. */
  readonly mappingsOfCustomer: number;
  /** Most used; null where there is nothing yet. */
  readonly currency: string | null;
  readonly records: RecordTotals;
  readonly statements: StatementTotals;
  readonly recentRecords: readonly RecentRecord[];
  readonly recentStatements: readonly RecentStatement[];
}

const RECENT = 20;

/** What a mapped customer consumed and was billed, in one look. Five statements, whatever the size. */
@Injectable()
export class BillingSummaryService {
  constructor(
    private readonly reports: ReportsRepository,
    private readonly mappings: CustomerMappingsService,
  ) {}

  /** Throws `CustomerMappingNotFoundError`. */
  async of(uuid: string): Promise<BillingSummary> {
    const mapping = await this.mappings.get(uuid);
    const siblings = await this.mappings.ofCustomer(mapping.waldurCustomerUuid);
    const scope = scopeOf(mapping, siblings);
    const currency = await this.reports.mainCurrency(scope, mapping.uuid);
    const [records, statements, recentRecords, recentStatements] = await Promise.all([
      this.reports.recordTotals(scope, currency),
      this.reports.statementTotals(mapping.uuid, currency),
      this.reports.recentRecords(scope, RECENT),
      this.reports.recentStatements(mapping.uuid, RECENT),
    ]);
    const mappingsOfCustomer = siblings.length;
    return { mapping, mappingsOfCustomer, currency, records, statements, recentRecords, recentStatements };
  }
}

/**
 * An organisation with one mapping has all its consumption there. With several each record counts where the Arrow
 * customer of its charge is mapped; what belongs to none of them counts under the oldest, so that all of it counts.
 */
function scopeOf(mapping: CustomerMapping, siblings: readonly CustomerMapping[]): RecordScope {
  const customerUuid = mapping.waldurCustomerUuid;
  const isOldest = siblings[0]?.uuid === mapping.uuid;
  if (!isOldest) return { customerUuid, arrowCustomers: [mapping.arrowReference], isExclusion: false };
  const others = siblings.map((sibling) => sibling.arrowReference).filter((known) => known !== mapping.arrowReference);
  return { customerUuid, arrowCustomers: others, isExclusion: true };
}
