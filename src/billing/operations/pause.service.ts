import { Injectable } from '@nestjs/common';
import { renderDateTime } from '../../common/date-time.js';
import { renderUuid } from '../../common/uuid.js';
import { JobsService } from '../../jobs/jobs.service.js';
import type { Settings } from '../../settings/settings.entity.js';
import { NoActiveSettingsError } from '../../settings/settings.errors.js';
import { SettingsService } from '../../settings/settings.service.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import { ConsumptionRecordsService } from '../consumption/consumption-records.service.js';
import { namedSettings } from '../core/named-in-request.js';
import type { ConsumptionStatusResponse, SyncPauseDto } from './billing-action.dto.js';
import { CONSUMPTION_SYNC } from './billing-jobs.service.js';

/** Pausing and resuming, and what is paused. */
@Injectable()
export class PauseService {
  constructor(
    private readonly jobs: JobsService,
    private readonly settings: SettingsService,
    private readonly accounts: BillingAccountsService,
    private readonly records: ConsumptionRecordsService,
  ) {}

  /** What was switched: `global` and UUIDs of settings. An unknown account changes nothing. Throws `NamedSettingsNotFoundError`. */
  async switchTo(
    enabled: boolean,
    { settings_uuid, pause_global = false, reason = '' }: SyncPauseDto,
    by: string,
  ): Promise<string[]> {
    const settings = await this.named(settings_uuid, pause_global);
    await this.accounts.switchTo(enabled, settings, pause_global, by, reason);
    return [...(pause_global ? ['global'] : []), ...(settings ? [renderUuid(settings.uuid)] : [])];
  }

  async status(): Promise<ConsumptionStatusResponse> {
    const settings = await this.active();
    const [enabled, lastSync, counts, failed] = await Promise.all([
      this.accounts.consumptionScheduled(),
      this.records.lastSync(),
      this.records.counts(),
      this.lastFailed(),
    ]);
    return {
      global_sync_enabled: enabled,
      settings_sync_enabled: settings?.syncEnabled ?? false,
      settings_uuid: settings && renderUuid(settings.uuid),
      last_sync_run: lastSync && renderDateTime(lastSync),
      pending_count: counts.pending,
      synced_count: counts.total,
      failed_count: failed,
    };
  }

  private async named(uuid: string | undefined, everything: boolean): Promise<Settings | null> {
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
    const last = await this.jobs.lastSucceeded(CONSUMPTION_SYNC);
    return Number(last?.result?.failed ?? 0);
  }
}
