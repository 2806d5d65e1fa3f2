import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { YearMonth } from '../../common/year-month.js';
import { Env } from '../../config/env.js';
import type { Settings } from '../../settings/settings.entity.js';
import { SettingsService } from '../../settings/settings.service.js';
import type { BillingContext } from '../core/billing-context.js';
import { AccountAmbiguousError, BillingPausedError } from '../core/billing.errors.js';
import { settingsNotFound } from '../core/named-in-request.js';
import type { Lease } from '../../jobs/lease.js';
import { BillingAccount } from './billing-account.entity.js';
import { BillingAccountsRepository, type RuleFields } from './billing-accounts.repository.js';
import { BillingRule } from './billing-rule.entity.js';
import { BEGINNING, BillingRulesService } from './billing-rules.service.js';

/** What can be paused on its own. */
export type Pipeline = 'billing' | 'consumption';

/** An account and the rule that it is billed by now. */
export interface AccountWithRule {
  readonly settingsUuid: string;
  readonly account: BillingAccount;
  readonly rule: BillingRule;
}

/** What of an account may be changed; what is left out stays. */
export interface ChangeAccount {
  readonly account: Partial<Pick<BillingAccount, 'timeZone' | 'graceDays' | 'shrinkageShare' | 'openMonths'>>;
  readonly rule: Partial<RuleFields>;
  /** The first month that the rule holds for. */
  readonly validFrom: YearMonth | null;
}

/** What is to be paused or resumed. */
export interface SwitchSync {
  /** The active settings by default, unless `everything`. */
  readonly settingsUuid?: string;
  readonly everything: boolean;
  readonly reason: string;
}

/** Accounts as billing knows them, what they are billed by, and what is paused. */
@Injectable()
export class BillingAccountsService {
  constructor(
    private readonly repository: BillingAccountsRepository,
    private readonly rules: BillingRulesService,
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
    if (!known) return this.repository.create(settings.uuid, partner);
    if (!partner || known.partnerReference) return known;
    await this.repository.update(known.uuid, { partnerReference: partner });
    return Object.assign(known, { partnerReference: partner });
  }

  /** As {@link of}, for those who only look: `undefined` where billing has not met the account. */
  async known(settings: Settings): Promise<BillingAccount | undefined> {
    const partner = settings.partnerReference || null;
    const found = await this.repository.findOf(settings.uuid, partner);
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
    jobUuid: string | null = null,
    lease: Lease | null = null,
  ): Promise<BillingContext> {
    const account = await this.of(settings);
    const rule = await this.rules.of(account, await this.current(settings), month);
    const now = this.clock.now();
    const currentMonth = YearMonth.at(now, account.timeZone);
    const arrow = this.settings.accountOf(settings);
    return {
      ...{ settings, account, rule, arrow, month, currentMonth, now, requestedBy, jobUuid, lease },
      scope: [account.uuid, month.firstDay],
      lane: `billing:${account.uuid}`,
      itemPrefix: settings.invoiceItemPrefix || 'Arrow consumption',
    };
  }

  /** Looks and writes nothing: before the first bill the rules are the usual ones. Throws `SettingsNotFoundError`. */
  async view(settingsUuid: string): Promise<AccountWithRule> {
    const settings = await this.settings.get(settingsUuid);
    const account = await this.known(settings);
    const shown =
      account ?? Object.assign(new BillingAccount(), { partnerReference: settings.partnerReference || null });
    const month = YearMonth.at(this.clock.now(), shown.timeZone);
    const rule = (account && (await this.rules.known(account.uuid, month))) ?? usualRule(settings);
    return { settingsUuid: settings.uuid, account: shown, rule };
  }

  /** Throws `SettingsNotFoundError`. */
  async change(
    settingsUuid: string,
    { account, rule, validFrom }: ChangeAccount,
    by: string,
  ): Promise<AccountWithRule> {
    const settings = await this.settings.get(settingsUuid);
    const known = await this.of(settings);
    await this.rules.of(known, await this.current(settings), YearMonth.at(this.clock.now(), known.timeZone));
    await this.repository.update(known.uuid, given(account));
    if (Object.keys(given(rule)).length) await this.rules.change(known, given(rule), validFrom, by);
    return this.view(settingsUuid);
  }

  /** Throws `BillingPausedError` where a person paused that pipeline; asked before and during every run. */
  async ensureRunning(accountUuid: string, pipeline: Pipeline): Promise<void> {
    const { billingPaused, consumptionPaused, pausedBy } = await this.repository.get(accountUuid);
    if (pipeline === 'billing' ? billingPaused : consumptionPaused)
      throw new BillingPausedError(`The ${pipeline} sync of this account`, pausedBy);
    const all = pipeline === 'consumption' && (await this.repository.findSwitch());
    if (all && !all.enabled) throw new BillingPausedError('Every consumption sync', all.changedBy);
  }

  /**
   * What ArrowSphere says to a key of another partner is not what this account is billed. Throws
   * `KeyOfAnotherPartnerError` and the gateway's errors.
   */
  async ensureOwnKey({ settings, lane }: BillingContext, signal: AbortSignal): Promise<void> {
    await this.settings.ownAccountOf(settings, { signal, lane });
  }

  /** Whether schedules sync consumption at all: what a person decided, else `ARROW_CONSUMPTION_SYNC_ENABLED`. */
  async consumptionScheduled(): Promise<boolean> {
    const decided = await this.repository.findSwitch();
    return decided?.enabled ?? this.env.ARROW_CONSUMPTION_SYNC_ENABLED;
  }

  /**
   * Pauses or resumes an account and, if asked, everything: all of it or nothing. Who and why is kept. Where no account
   * is named or active, none is changed. Answers what was switched: `global`, the UUID of the settings. Throws
   * `NamedNotFoundError`.
   */
  async switchTo(
    enabled: boolean,
    { settingsUuid, everything, reason }: SwitchSync,
    changedBy: string,
  ): Promise<string[]> {
    const active = settingsUuid || everything ? null : await this.settings.findActive();
    const settings = settingsUuid ? await this.settings.resolve(settingsUuid, settingsNotFound) : active;
    const account = settings && (await this.of(settings));
    const changedAt = this.clock.now();
    const paused = { pausedBy: changedBy, pauseReason: reason, pausedAt: changedAt };
    const running = { pausedBy: '', pauseReason: '', pausedAt: null };
    await this.repository.transaction(async (manager) => {
      if (everything) await this.repository.setSwitch(manager, { enabled, changedBy, changedAt });
      if (!account) return;
      const columns = { billingPaused: !enabled, consumptionPaused: !enabled, ...(enabled ? running : paused) };
      // Before the rows that refer to it, as a delete does.
      await this.settings.setSyncEnabled(manager, settings.uuid, enabled);
      await this.repository.update(account.uuid, columns, manager);
    });
    return [...(everything ? ['global'] : []), ...(settings ? [settings.uuid] : [])];
  }

  /** The active settings of the same partner, else these: they say what the account is billed by. */
  private async current(settings: Settings): Promise<Settings> {
    return (await this.settings.activeOfPartner(settings.partnerReference)) ?? settings;
  }
}

function given<T extends object>(changes: T): Partial<T> {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** What the first rule of an account will be. */
function usualRule({ invoicePriceSource: priceSource, classificationFilter }: Settings): BillingRule {
  return Object.assign(new BillingRule(), { validFrom: BEGINNING, priceSource, classificationFilter });
}
