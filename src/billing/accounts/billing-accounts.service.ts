import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { InvalidFieldsError } from '../../common/app.error.js';
import { Clock } from '../../common/clock.js';
import { isTimeZone, YearMonth } from '../../common/year-month.js';
import { Env } from '../../config/env.js';
import type { Settings } from '../../settings/settings.entity.js';
import { SettingsService } from '../../settings/settings.service.js';
import { AccountAmbiguousError, BillingPausedError } from '../billing.errors.js';
import type { BillingContext } from '../statement/billing-context.js';
import { accountChanges, BillingAccountResponse, type PatchBillingAccountDto } from './billing-account.dto.js';
import { BillingAccount, BillingSwitch } from './billing-account.entity.js';

/** What can be paused on its own. */
export type Pipeline = 'billing' | 'consumption';

/** The switch behind "pause everything". */
const CONSUMPTION_SWITCH = 'consumption';

/** What the database gives a new account. */
const USUAL_RULES = {
  chargeMode: 'provisional_then_final',
  timeZone: 'UTC',
  graceDays: 3,
  shrinkageShare: '0.200',
  numberLocale: 'point',
  defaultCurrency: 'EUR',
  taxPercent: '0.00',
  openMonths: 3,
  billingPaused: false,
  consumptionPaused: false,
  pausedBy: '',
  pauseReason: '',
  pausedAt: null,
} as const satisfies Partial<BillingAccount>;

/** Accounts as billing knows them, their rules, and what is paused. */
@Injectable()
export class BillingAccountsService {
  constructor(
    @InjectRepository(BillingAccount) private readonly accounts: Repository<BillingAccount>,
    @InjectRepository(BillingSwitch) private readonly switches: Repository<BillingSwitch>,
    private readonly settings: SettingsService,
    private readonly env: Env,
    private readonly clock: Clock,
  ) {}

  /**
   * The account that a row of settings belongs to: the partner's, if it is known, so that new settings of an old partner
   * do not bill anything again. Throws `AccountAmbiguousError`.
   */
  async of(settings: Settings): Promise<BillingAccount> {
    const partner = settings.partnerReference || null;
    const known = await this.known(settings);
    if (known) {
      if (!partner || known.partnerReference) return known;
      await this.accounts.update({ uuid: known.uuid }, { partnerReference: partner });
      return Object.assign(known, { partnerReference: partner });
    }
    await this.accounts
      .createQueryBuilder()
      .insert()
      .values({ settingsUuid: settings.uuid, partnerReference: partner })
      .orIgnore()
      .execute();
    return this.accounts.findOneOrFail({
      where: partner ? { partnerReference: partner } : { settingsUuid: settings.uuid },
    });
  }

  /** As {@link of}, for those who only look: `undefined` where billing has not met the account. */
  async known(settings: Settings): Promise<BillingAccount | undefined> {
    const partner = settings.partnerReference || null;
    const found = await this.accounts.find({
      where: [{ settingsUuid: settings.uuid }, ...(partner ? [{ partnerReference: partner }] : [])],
    });
    const byPartner = found.find((account) => partner && account.partnerReference === partner);
    const bySettings = found.find((account) => account.settingsUuid === settings.uuid);
    if (byPartner && bySettings && byPartner !== bySettings && !bySettings.partnerReference)
      throw new AccountAmbiguousError(partner!);
    if (byPartner) return byPartner;
    return bySettings && (!partner || !bySettings.partnerReference) ? bySettings : undefined;
  }

  /** Everything a run goes by. Throws `AccountAmbiguousError`, `ApiKeyUnreadableError`. */
  async context(
    settings: Settings,
    month: YearMonth,
    requestedBy: string,
    jobUuid: string | null,
  ): Promise<BillingContext> {
    const account = await this.of(settings);
    const now = this.clock.now();
    const currentMonth = YearMonth.at(now, account.timeZone);
    return {
      settings,
      account,
      arrow: this.settings.accountOf(settings),
      month,
      currentMonth,
      now,
      requestedBy,
      jobUuid,
    };
  }

  /** Looks and writes nothing: before the first bill the rules are the usual ones. Throws `SettingsNotFoundError`. */
  async view(settingsUuid: string): Promise<BillingAccountResponse> {
    const settings = await this.settings.get(settingsUuid);
    const partnerReference = settings.partnerReference || null;
    const account = (await this.known(settings)) ?? this.accounts.create({ ...USUAL_RULES, partnerReference });
    return BillingAccountResponse.from(settings.uuid, account);
  }

  /** Throws `SettingsNotFoundError`, `InvalidFieldsError` for an unknown time zone. */
  async change(settingsUuid: string, dto: PatchBillingAccountDto): Promise<BillingAccountResponse> {
    const settings = await this.settings.get(settingsUuid);
    if (dto.time_zone !== undefined && !isTimeZone(dto.time_zone))
      throw new InvalidFieldsError({ time_zone: ['Not a known time zone.'] });
    if (dto.default_currency !== undefined && !/^[A-Za-z]{3}$/.test(dto.default_currency)) {
      throw new InvalidFieldsError({ default_currency: ['Three letters, as in ISO 4217.'] });
    }
    const { uuid } = await this.of(settings);
    await this.accounts.update({ uuid }, { ...accountChanges(dto), modified: this.clock.now() });
    return BillingAccountResponse.from(settings.uuid, await this.of(settings));
  }

  /** Throws `BillingPausedError` where a person paused that pipeline; asked before and during every run. */
  async ensureRunning(accountUuid: string, pipeline: Pipeline): Promise<void> {
    const { billingPaused, consumptionPaused, pausedBy } = await this.accounts.findOneByOrFail({ uuid: accountUuid });
    if (pipeline === 'billing' ? billingPaused : consumptionPaused)
      throw new BillingPausedError(`The ${pipeline} sync of this account`, pausedBy);
    const all = pipeline === 'consumption' && (await this.switches.findOneBy({ name: CONSUMPTION_SWITCH }));
    if (all && !all.enabled) throw new BillingPausedError('Every consumption sync', all.changedBy);
  }

  /** Whether schedules sync consumption at all: what a person decided, else `ARROW_CONSUMPTION_SYNC_ENABLED`. */
  async consumptionScheduled(): Promise<boolean> {
    const decided = await this.switches.findOneBy({ name: CONSUMPTION_SWITCH });
    return decided?.enabled ?? this.env.ARROW_CONSUMPTION_SYNC_ENABLED;
  }

  /** Pauses or resumes an account and, if asked, everything: all of it or nothing. Who and why is kept. */
  async switchTo(
    enabled: boolean,
    settings: Settings | null,
    everything: boolean,
    by: string,
    reason: string,
  ): Promise<void> {
    const account = settings && (await this.of(settings));
    const at = this.clock.now();
    await this.accounts.manager.transaction(async (manager) => {
      if (everything)
        await manager.upsert(BillingSwitch, { name: CONSUMPTION_SWITCH, enabled, changedBy: by, changedAt: at }, [
          'name',
        ]);
      if (!account || !settings) return;
      const paused = {
        billingPaused: !enabled,
        consumptionPaused: !enabled,
        pausedBy: enabled ? '' : by,
        pauseReason: enabled ? '' : reason,
        pausedAt: enabled ? null : at,
      };
      await manager.update(BillingAccount, { uuid: account.uuid }, paused);
      await this.settings.setSyncEnabled(manager, settings.uuid, enabled);
    });
  }
}
