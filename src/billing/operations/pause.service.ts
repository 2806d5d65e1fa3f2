import { Injectable } from '@nestjs/common';
import { JobsService } from '../../jobs/jobs.service.js';
import type { Settings } from '../../settings/settings.entity.js';
import { NoActiveSettingsError } from '../../settings/settings.errors.js';
import { SettingsService } from '../../settings/settings.service.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import { ConsumptionRecordsService } from '../consumption/consumption-records.service.js';
import { namedSettings } from '../core/named-in-request.js';
import { CONSUMPTION_SYNC } from './billing-jobs.service.js';

/** What is to be paused or resumed. */
export interface SwitchSync {
  /** Null: the active settings, unless `everything`. */
  readonly settingsUuid: string | null;
  readonly everything: boolean;
  readonly reason: string;
}

/** What was paused or resumed. */
export interface SwitchedSync {
  readonly everything: boolean;
  readonly settingsUuid: string | null;
}

export interface ConsumptionStatus {
  readonly isEnabled: boolean;
  /** The active settings; null where there are none. */
  readonly settings: Settings | null;
  readonly lastSync: Date | null;
  readonly records: { readonly total: number; readonly pending: number };
  /** Licences that failed in the last consumption sync. */
  readonly failed: number;
}

/** Pausing and resuming, and what is paused. */
@Injectable()
export class PauseService {
  constructor(
    private readonly jobs: JobsService,
    private readonly settings: SettingsService,
    private readonly accounts: BillingAccountsService,
    private readonly records: ConsumptionRecordsService,
  ) {}

  /** An unknown account changes nothing. Throws `NamedNotFoundError`. */
  async switchTo(enabled: boolean, command: SwitchSync, by: string): Promise<SwitchedSync> {
    const { settingsUuid, everything, reason } = command;
    const settings = await this.named(settingsUuid, everything);
    await this.accounts.switchTo(enabled, settings, everything, by, reason);
    return { everything, settingsUuid: settings && settings.uuid };
  }

  async status(): Promise<ConsumptionStatus> {
    const [settings, isEnabled, lastSync, records, failed] = await Promise.all([
      this.active(),
      this.accounts.consumptionScheduled(),
      this.records.lastSync(),
      this.records.counts(),
      this.lastFailed(),
    ]);
    return { isEnabled, settings, lastSync, records, failed };
  }

  private async named(uuid: string | null, everything: boolean): Promise<Settings | null> {
    if (!uuid) return everything ? null : this.active();
    return namedSettings(this.settings, uuid);
  }

  private async active(): Promise<Settings | null> {
    try {
      return await this.settings.getActive();
    } catch (error) {
      if (error instanceof NoActiveSettingsError) return null;
      throw error;
    }
  }

  private async lastFailed(): Promise<number> {
    const last = await this.jobs.lastWithResult(CONSUMPTION_SYNC);
    return Number(last?.result?.failed ?? 0);
  }
}
