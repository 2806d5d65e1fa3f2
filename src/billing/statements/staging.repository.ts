import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ExportLine } from '../../arrow-export/export-line.js';
import type { PriceSource } from '../../arrow-export/columns.js';
import { endOfDayIn } from '../../common/date-time.js';
import { columnsOf } from '../../database/columns-of.js';
import { type CopyCell, copyRows } from '../../database/copy-rows.js';
import type { BillingContext } from '../core/billing-context.js';
import type { StatementSigns } from '../core/finality.js';
import type { LockedMonth } from '../core/month-lock.repository.js';
import type { BillTo, LicensePair } from '../payers/bill-to.js';
import type { BillingSync } from './billing-sync.entity.js';
import type { StagedTotal } from './check-export.js';
import * as sql from './staging.sql.js';

/** Columns of `export_staging`, and what a line has for them; the others are worked out there. */
const STAGED: Readonly<Record<string, (line: ExportLine) => CopyCell>> = {
  license_reference: (line) => line.licenseReference,
  line_key: (line) => line.lineKey,
  statement_reference: (line) => line.statementReference,
  statement_state: (line) => line.statementState,
  validated: (line) => line.validated,
  period: ({ period }) => (period.kind === 'value' ? period.value : period.kind === 'invalid' ? '?' : null),
  classification: (line) => line.classification,
  vendor_name: (line) => line.vendorName,
  description: describe,
  sku: (line) => line.sku,
  subscription_reference: (line) => line.subscriptionReference,
  customer_reference: (line) => line.customerReference,
  customer_name: (line) => line.customerName,
  quantity: (line) => line.quantity ?? 1,
  sell: (line) => line.sell,
  buy: (line) => line.buy,
  amount_state: (line) => line.amount.kind,
  currency: (line) => line.currency.code,
  currency_known: (line) => line.currency.known,
  service_start: (line) => line.serviceStart,
  service_end: (line) => line.serviceEnd,
};

const PARTY = ['licenseReference', 'arrowCustomer', 'customerUuid', 'projectUuid', 'resourceUuid', 'reason'] as const;

/** What the lines of one statement say of it. */
export interface StagedStatement extends StatementSigns, Pick<BillingSync, 'arrowCustomer' | 'statementReference'> {
  /** The organisation that most licences of the customer are charged to; null: none is. */
  readonly customerUuid: string | null;
}

export interface RepeatedKey extends Pick<ExportLine, 'licenseReference' | 'lineKey'> {
  readonly lines: number;
}

/**
 * The lines of an export that is being prepared for posting. They wait in unlogged tables, so that an export of any size
 * is worked on in the database, and never in the memory of this process.
 */
@Injectable()
export class StagingRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** The lines of a page, in the order of its rows. */
  async add(snapshotUuid: string, pageHash: string, lines: readonly ExportLine[]): Promise<void> {
    const cells = Object.values(STAGED);
    const rows = lines.map((line, pageRow) => [
      snapshotUuid,
      pageHash,
      pageRow,
      ...cells.map((cellOf) => cellOf(line)),
    ]);
    const columns = ['snapshot_uuid', 'page_hash', 'page_row', ...Object.keys(STAGED)];
    await copyRows(this.dataSource, 'export_staging', columns, rows);
  }

  /** All lines are in: lets the database know how many they are. */
  async ready(): Promise<void> {
    await this.dataSource.query(sql.ANALYZE_STAGED);
  }

  async namedCustomers(snapshotUuid: string): Promise<string[]> {
    return references(await this.dataSource.query(sql.NAMED_CUSTOMERS, [snapshotUuid]));
  }

  async nameCustomers(snapshotUuid: string, named: ReadonlyMap<string, string>): Promise<void> {
    if (!named.size) return;
    await this.dataSource.query(sql.INSERT_NAMED_CUSTOMERS, [snapshotUuid, [...named.keys()], [...named.values()]]);
  }

  /** Licences of which the lines do not say, or not alike, who owns them. */
  async licensesToAskFor(snapshotUuid: string, { scope }: BillingContext): Promise<string[]> {
    return references(await this.dataSource.query(sql.LICENSES_TO_ASK_FOR, [...scope, snapshotUuid]));
  }

  /** Decides whose each line is, and numbers lines of one key by what they say. */
  async attribute(snapshotUuid: string, { scope, account, month, now }: BillingContext): Promise<void> {
    const { timeZone } = account;
    await this.dataSource.transaction(async (manager) => {
      await manager.query(sql.SORT_IN_MEMORY);
      const ends = await manager.query<{ day: string }[]>(sql.SERVICE_ENDS, [snapshotUuid, month.lastDay]);
      const days = ends.map(({ day }) => day);
      const moments = days.map((day) => endOfDayIn(timeZone, day));
      const parameters = [snapshotUuid, ...scope, now, month.endIn(timeZone), days, moments];
      await manager.query(sql.ATTRIBUTE_LINES, parameters);
    });
  }

  pairs(snapshotUuid: string): Promise<LicensePair[]> {
    return this.dataSource.query(sql.STAGED_PAIRS, [snapshotUuid]);
  }

  async setBillTo(snapshotUuid: string, parties: readonly BillTo[]): Promise<void> {
    const columns = columnsOf(parties, ...PARTY);
    await this.dataSource.query(sql.INSERT_BILL_TO, [snapshotUuid, ...columns]);
  }

  statements(snapshotUuid: string, { month }: BillingContext): Promise<StagedStatement[]> {
    return this.dataSource.query(sql.STAGED_STATEMENTS, [snapshotUuid, month.toString()]);
  }

  totals(snapshotUuid: string, price: PriceSource): Promise<StagedTotal[]> {
    return this.dataSource.query(sql.STAGED_TOTALS(price), [snapshotUuid]);
  }

  async isStaged({ manager }: LockedMonth, snapshotUuid: string): Promise<boolean> {
    const [row] = await manager.query<{ staged: boolean }[]>(sql.IS_STAGED, [snapshotUuid]);
    return row!.staged;
  }

  /** Keys that more than one line of a licence carries, the most repeated first. */
  repeatedKeys(snapshotUuid: string, limit: number): Promise<RepeatedKey[]> {
    return this.dataSource.query(sql.REPEATED_KEYS, [snapshotUuid, limit]);
  }

  /** Also drops what killed runs left behind; nobody works on it any more after a day. */
  async clear(snapshotUuid: string): Promise<void> {
    for (const table of ['export_staging_bill_to', 'export_staging_customer', 'export_staging'])
      await this.dataSource.query(sql.CLEAR(table), [snapshotUuid]);
  }
}

/** `vendor - product`, or whichever of the two there is. */
function describe({ vendorName, productName }: ExportLine): string {
  return [vendorName, productName].filter(Boolean).join(' - ').slice(0, 500);
}

function references(rows: readonly { readonly reference: string }[]): string[] {
  return rows.map((row) => row.reference);
}
