import { Injectable } from '@nestjs/common';
import { InvalidFieldsError } from '../../common/app.error.js';
import { groupBy } from '../../common/group-by.js';
import { YearMonth } from '../../common/year-month.js';
import { SettingsService } from '../../settings/settings.service.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import { checkedRange } from '../core/month-range.js';
import { ChargeItemsRepository } from '../ledger/charge-items.repository.js';
import { ConsumptionLedgerService } from './consumption-ledger.service.js';
import type { ConsumptionRecord } from './consumption-record.entity.js';
import { ConsumptionRecordsRepository } from './consumption-records.repository.js';

/** Which consumption is to be reversed. */
export interface CleanUpConsumption {
  readonly from?: YearMonth;
  readonly to?: YearMonth;
  readonly resourceUuid?: string;
  readonly onlyFinal?: boolean;
  readonly onlyNotFinal?: boolean;
  /** Also what is final: it is provisional again, and stands at 0 until the next reconcile. */
  readonly force?: boolean;
  readonly dryRun: boolean;
}

/** Consumption that was left out, as its month is closed. */
export interface RefusedCleanup {
  /** `YYYY-MM` */
  readonly period: string;
  readonly records: number;
}

export interface CleanupReport {
  readonly dryRun: boolean;
  readonly recordsToDelete: number;
  readonly recordsDeleted: number;
  readonly invoiceItemsAffected: number;
  readonly compensationItemsAffected: number;
  readonly refused: readonly RefusedCleanup[];
}

/** Reverses consumption: what was charged for it is credited at once, and everything stays in the ledger for whoever asks. */
@Injectable()
export class ConsumptionCleanupService {
  constructor(
    private readonly settings: SettingsService,
    private readonly accounts: BillingAccountsService,
    private readonly records: ConsumptionRecordsRepository,
    private readonly chargeItems: ChargeItemsRepository,
    private readonly ledger: ConsumptionLedgerService,
  ) {}

  /** Touches only the charges named and their rounding. Throws `InvalidFieldsError`, `BillingPausedError`. */
  async cleanUp(command: CleanUpConsumption, by: string): Promise<CleanupReport> {
    const { from, to, resourceUuid, onlyFinal, onlyNotFinal, force = false, dryRun } = command;
    if (onlyFinal && onlyNotFinal)
      throw new InvalidFieldsError({ non_field_errors: ['Cannot specify both only_finalized and only_unfinalized'] });
    if (from && to) checkedRange(from, to);
    const found = await this.records.all({
      billingPeriodFrom: from?.firstDay,
      billingPeriodTo: to?.firstDay,
      resourceUuid,
      isFinalized: onlyFinal ? true : onlyNotFinal ? false : undefined,
    });
    const isRefused = ({ charge }: ConsumptionRecord) => !force && charge.closedAt !== null;
    const records = found.filter((record) => !isRefused(record));
    const refused = found.filter(isRefused);
    const charges = records.map((record) => record.chargeUuid);
    const items = charges.map(await this.chargeItems.of(charges));
    let recordsDeleted = 0;
    if (!dryRun) {
      for (const accountUuid of new Set(found.map((record) => record.accountUuid)))
        await this.accounts.ensureRunning(accountUuid, 'consumption');
      for (const month of byMonth(records)) recordsDeleted += await this.reverse(month, by, force);
    }
    return {
      dryRun,
      recordsToDelete: records.length,
      recordsDeleted,
      invoiceItemsAffected: items.filter((item) => item.invoiceItemUuid).length,
      compensationItemsAffected: items.filter((item) => item.compensationItemUuid).length,
      refused: byMonth(refused).map((group) => ({ period: group[0]!.month.slice(0, 7), records: group.length })),
    };
  }

  /** Records of one account's month. */
  private async reverse(records: readonly ConsumptionRecord[], by: string, force: boolean): Promise<number> {
    const { account, month } = records[0]!;
    const settings = await this.settings.get(account.settingsUuid);
    const context = await this.accounts.context(settings, YearMonth.from(month), by);
    return this.ledger.reverse(context, records, force);
  }
}

/** By account and month. */
function byMonth(records: readonly ConsumptionRecord[]): ConsumptionRecord[][] {
  return [...groupBy(records, ({ accountUuid, month }) => `${accountUuid}/${month}`).values()];
}
