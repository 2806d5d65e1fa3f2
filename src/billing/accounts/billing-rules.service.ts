import { Injectable } from '@nestjs/common';
import { MoreThanOrEqual } from 'typeorm';
import { Clock } from '../../common/clock.js';
import { YearMonth } from '../../common/year-month.js';
import type { Settings } from '../../settings/settings.entity.js';
import type { BillingAccount } from './billing-account.entity.js';
import { type BegunMonth, BillingAccountsRepository, type RuleFields } from './billing-accounts.repository.js';
import { BillingRule } from './billing-rule.entity.js';

/** From when the first rule of an account holds: no month is older. */
export const BEGINNING = '2000-01-01';

/** What an account is billed by, month by month. */
@Injectable()
export class BillingRulesService {
  constructor(
    private readonly repository: BillingAccountsRepository,
    private readonly clock: Clock,
  ) {}

  /** The rule of a month; the account's first one is made of its settings, whose changes are noticed here. */
  async of(account: BillingAccount, current: Settings, month: YearMonth): Promise<BillingRule> {
    const { invoicePriceSource: priceSource, classificationFilter } = current;
    const newest = (await this.repository.rulesOf(account.uuid)).at(-1);
    if (newest?.priceSource !== priceSource || newest.classificationFilter !== classificationFilter)
      await this.change(account, { priceSource, classificationFilter }, null, 'settings');
    return (await this.known(account.uuid, month))!;
  }

  /** The rule of a month as it stands, for those who only look; `undefined` where the account was never billed. */
  async known(accountUuid: string, month: YearMonth): Promise<BillingRule | undefined> {
    return ruleOf(await this.repository.rulesOf(accountUuid), month);
  }

  /** Without `validFrom` it holds from the oldest month after all that have a closed statement or an issued invoice. */
  change(
    { uuid: accountUuid, timeZone }: BillingAccount,
    fields: Partial<RuleFields>,
    validFrom: YearMonth | null,
    changedBy: string,
  ): Promise<void> {
    return this.repository.locked(accountUuid, async (manager) => {
      const modified = this.clock.now();
      const changes = { ...fields, modified, changedBy };
      const rules = await this.repository.rulesOf(accountUuid, manager);
      const first = async () =>
        firstFreeMonth(await this.repository.begunMonths(manager, accountUuid), YearMonth.at(modified, timeZone));
      const from = rules.length ? (validFrom ?? (await first())).firstDay : BEGINNING;
      // It holds from there on: later rules take it over.
      await manager.update(BillingRule, { accountUuid, validFrom: MoreThanOrEqual(from) }, changes);
      if (rules.some((rule) => rule.validFrom === from)) return;
      const { uuid: _uuid, created: _created, ...known } = ruleOf(rules, YearMonth.from(from)) ?? {};
      await manager.insert(BillingRule, { ...known, accountUuid, validFrom: from, ...changes });
    });
  }
}

/** The latest rule that is valid in the month, else the first. */
function ruleOf(rules: readonly BillingRule[], month: YearMonth): BillingRule | undefined {
  return rules.findLast((rule) => rule.validFrom <= month.firstDay) ?? rules[0];
}

/**
 * The oldest begun month that nothing is closed or issued of, but never one before a month that has something: a rule
 * holds from its month on, and what is closed or issued stays as it is. From the very beginning where nothing is.
 */
function firstFreeMonth(begun: readonly BegunMonth[], current: YearMonth): YearMonth {
  const newestFixed = begun.findLast(({ isFixed }) => isFixed);
  if (!newestFixed) return YearMonth.from(BEGINNING);
  const next = YearMonth.from(newestFixed.month).plus(1).firstDay;
  const open = [...begun.map(({ month }) => month), current.firstDay].filter((month) => month >= next);
  return YearMonth.from(open.sort()[0] ?? next);
}
