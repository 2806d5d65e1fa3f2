import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../../common/clock.js';
import { YearMonth } from '../../common/year-month.js';
import type { Settings } from '../../settings/settings.entity.js';
import type { BillingAccount } from './billing-account.entity.js';
import { type BegunMonth, BillingAccountsRepository, type RuleFields } from './billing-accounts.repository.js';
import type { BillingRule } from './billing-rule.entity.js';

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
    if (!newest || newest.priceSource !== priceSource || newest.classificationFilter !== classificationFilter)
      await this.change(account, { priceSource, classificationFilter }, null, 'settings');
    return ruleOf(await this.repository.rulesOf(account.uuid), month);
  }

  /** The rule of a month as it stands, for those who only look; `undefined` where the account was never billed. */
  async known(accountUuid: string, month: YearMonth): Promise<BillingRule | undefined> {
    const rules = await this.repository.rulesOf(accountUuid);
    return rules.length ? ruleOf(rules, month) : undefined;
  }

  /** Without `validFrom` it holds from the oldest month after all that have a closed statement or an issued invoice. */
  change(
    account: BillingAccount,
    fields: Partial<RuleFields>,
    validFrom: YearMonth | null,
    changedBy: string,
  ): Promise<void> {
    return this.repository.locked(account.uuid, (manager) =>
      this.changeWithin(manager, account, fields, validFrom, changedBy),
    );
  }

  private async changeWithin(
    manager: EntityManager,
    account: BillingAccount,
    fields: Partial<RuleFields>,
    validFrom: YearMonth | null,
    changedBy: string,
  ): Promise<void> {
    const rules = await this.repository.rulesOf(account.uuid, manager);
    const modified = this.clock.now();
    if (!rules.length) {
      const first = { accountUuid: account.uuid, validFrom: BEGINNING, ...fields, modified, changedBy };
      return this.repository.addRule(manager, first);
    }
    const current = YearMonth.at(modified, account.timeZone);
    const begun = await this.repository.begunMonths(manager, account.uuid);
    const from = validFrom ?? firstFreeMonth(begun, current);
    const isThere = rules.some((rule) => rule.validFrom === from.firstDay);
    const later = rules.filter((rule) => rule.validFrom >= from.firstDay);
    if (!isThere) {
      const { uuid: _uuid, created: _created, ...known } = ruleOf(rules, from);
      await this.repository.addRule(manager, { ...known, validFrom: from.firstDay, ...fields, modified, changedBy });
    }
    // It holds from there on: later rules take it over.
    const uuids = later.map((rule) => rule.uuid);
    await this.repository.changeRules(manager, uuids, { ...fields, modified, changedBy });
  }
}

/** The latest rule that is valid in the month, else the first. */
export function ruleOf(rules: readonly BillingRule[], month: YearMonth): BillingRule {
  return rules.findLast((rule) => rule.validFrom <= month.firstDay) ?? rules[0]!;
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
