import type { ArrowAccount } from '../../arrow-gateway/arrow-gateway.js';
import type { YearMonth } from '../../common/year-month.js';
import type { Lease } from '../../jobs/lease.js';
import type { Settings } from '../../settings/settings.entity.js';
import type { BillingAccount } from '../accounts/billing-account.entity.js';
import type { BillingRule } from '../accounts/billing-rule.entity.js';

/** Everything that a run for one month of one account goes by. Goes down the stages and never up; nothing of it has a default. */
export interface BillingContext {
  readonly settings: Settings;
  readonly account: BillingAccount;
  /** What the account is billed by in that month. */
  readonly rule: BillingRule;
  readonly arrow: ArrowAccount;
  readonly month: YearMonth;
  /** Account and first day of the month, as statements of SQL take them. */
  readonly scope: [accountUuid: string, firstDay: string];
  /** In which its calls to ArrowSphere wait. */
  readonly lane: string;
  /** What the names of its invoice items begin with. */
  readonly itemPrefix: string;
  /** The month that runs now on the account's calendar: where corrections of issued invoices go. */
  readonly currentMonth: YearMonth;
  readonly now: Date;
  /** User name, or `schedule`. */
  readonly requestedBy: string;
  readonly jobUuid: string | null;
  /** Null where no job runs: the act of a person within one request. */
  readonly lease: Lease | null;
}
