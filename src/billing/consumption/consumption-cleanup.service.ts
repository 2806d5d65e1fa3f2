import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InvalidFieldsError } from '../../common/app.error.js';
import { YearMonth } from '../../common/year-month.js';
import { SettingsService } from '../../settings/settings.service.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import { checkedRange } from '../core/month-range.js';
import { MonthLockRepository } from '../core/month-lock.repository.js';
import { LedgerRepository } from '../ledger/ledger.repository.js';
import { PosterService } from '../ledger/poster.service.js';
import { type CleanupGroup, type CleanupRecord, ConsumptionRepository } from './consumption.repository.js';

/** Which consumption is to be taken back. */
export interface CleanUpConsumption {
  readonly from: YearMonth | null;
  readonly to: YearMonth | null;
  readonly resourceUuid: string | null;
  readonly onlyFinal: boolean;
  readonly onlyNotFinal: boolean;
  /** Also what is final: it is provisional again, and stands at 0 until the next reconcile. */
  readonly force: boolean;
  readonly dryRun: boolean;
}

/** Consumption that was left out, as its month is closed. */
export interface RefusedCleanup {
  /** `YYYY-MM` */
  readonly period: string;
  readonly records: number;
}

export interface CleanupReport {
  readonly records: number;
  readonly takenBack: number;
  readonly invoiceItems: number;
  readonly compensationItems: number;
  readonly refused: readonly RefusedCleanup[];
}

/** Takes consumption back: what was charged for it is credited at once, and everything stays in the ledger for whoever asks. */
@Injectable()
export class ConsumptionCleanupService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly settings: SettingsService,
    private readonly accounts: BillingAccountsService,
    private readonly consumption: ConsumptionRepository,
    private readonly months: MonthLockRepository,
    private readonly ledger: LedgerRepository,
    private readonly poster: PosterService,
  ) {}

  /** Touches only the charges named and their rounding. Throws `InvalidFieldsError`, `BillingPausedError`. */
  async cleanUp(command: CleanUpConsumption, by: string): Promise<CleanupReport> {
    const { from, to, resourceUuid, onlyFinal, onlyNotFinal, force, dryRun } = command;
    if (onlyFinal && onlyNotFinal)
      throw new InvalidFieldsError({ non_field_errors: ['Cannot specify both only_finalized and only_unfinalized'] });
    if (from && to) checkedRange(from, to);
    const isFinal = onlyFinal ? true : onlyNotFinal ? false : null;
    const filter = { from: from?.firstDay ?? null, to: to?.firstDay ?? null, resourceUuid, isFinal };
    const found = await this.consumption.forCleanup(filter);
    const mayTake = (record: CleanupRecord) => force || !record.isClosed;
    const groups = found.map((group) => ({ ...group, records: group.records.filter(mayTake) }));
    const records = groups.flatMap((group) => group.records);
    if (!dryRun)
      for (const accountUuid of new Set(found.map((group) => group.accountUuid)))
        await this.accounts.ensureRunning(accountUuid, 'consumption');
    let takenBack = 0;
    if (!dryRun) for (const group of groups) takenBack += await this.takeBack(group, by, force);
    return {
      records: records.length,
      takenBack,
      invoiceItems: records.filter((record) => record.isPosted).length,
      compensationItems: records.filter((record) => record.isCorrected).length,
      refused: found.flatMap(({ month, records: all }) => {
        const left = all.filter((record) => !mayTake(record)).length;
        return left ? [{ period: month.slice(0, 7), records: left }] : [];
      }),
    };
  }

  private async takeBack({ settingsUuid, month, records }: CleanupGroup, by: string, force: boolean): Promise<number> {
    if (!records.length) return 0;
    const settings = await this.settings.get(settingsUuid);
    const context = await this.accounts.context(settings, YearMonth.from(month), by, null, null);
    return this.dataSource.transaction(async (manager) => {
      await this.months.take(manager, context);
      const uuids = records.map((record) => record.uuid);
      const count = await this.consumption.takeBack(manager, context, uuids, force);
      if (force) {
        const licenses = records.map((record) => record.licenseReference);
        await this.ledger.closeCharges(manager, context, false, licenses);
      }
      const named = new Set(records.map((record) => record.chargeUuid));
      await this.poster.post(manager, context, {
        customers: [...new Set(records.map((record) => record.customerUuid))],
        includes: (charge) => named.has(charge.uuid),
        heldBecause: () => null,
        force: true,
      });
      return count;
    });
  }
}
