import type { ArrowAccount } from '../../arrow-gateway/arrow-gateway.js';
import type { YearMonth } from '../../common/year-month.js';
import type { Settings } from '../../settings/settings.entity.js';
import type { BillingAccount } from '../accounts/billing-account.entity.js';

/** Everything that a run for one month of one account goes by. Passed by name: nothing of it has a default. */
export interface BillingContext {
  readonly settings: Settings;
  readonly account: BillingAccount;
  readonly arrow: ArrowAccount;
  readonly month: YearMonth;
  /** The month that runs now on the account's calendar. */
  readonly currentMonth: YearMonth;
  readonly now: Date;
  /** User name, or `schedule`. */
  readonly requestedBy: string;
  readonly jobUuid: string | null;
}
