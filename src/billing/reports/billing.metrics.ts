import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { MetricsRegistry } from '../../common/metrics-registry.js';
import { SettingsService } from '../../settings/settings.service.js';
import { type AccountFigures, BillingFiguresRepository, type MoneyFigures } from './billing-figures.repository.js';

const PREFIX = 'waldur_arrow_billing_';

/** How current each account is, and what money of it reached nobody. Accounts are told apart by the UUID of their settings. */
@Injectable()
export class BillingMetrics {
  constructor(
    registry: MetricsRegistry,
    private readonly repository: BillingFiguresRepository,
    private readonly settings: SettingsService,
    private readonly clock: Clock,
  ) {
    const figures = registry.figures('billing', () => this.read());
    const ofAccount = (
      name: string,
      help: string,
      of: (account: AccountFigures & { isScheduled: boolean }) => number,
    ) =>
      registry.gauge(PREFIX + name, help, ['settings'], async () =>
        ((await figures())?.accounts ?? []).map(
          (account) => [{ settings: account.settingsUuid }, of(account)] as const,
        ),
      );
    // Prometheus has floats only; nothing is computed of these.
    const ofMoney = (name: string, help: string, of: (money: MoneyFigures) => string | number) =>
      registry.gauge(PREFIX + name, help, ['settings', 'currency'], async () =>
        ((await figures())?.money ?? []).map(
          (money) => [{ settings: money.settingsUuid, currency: money.currency }, Number(of(money))] as const,
        ),
      );
    const age = ({ created }: AccountFigures, at: Date | null) => this.clock.secondsSince(at ?? created);
    ofAccount('scheduled', 'Whether schedules sync the account: 1 or 0.', ({ isScheduled }) => Number(isScheduled));
    ofAccount(
      'sync_age_seconds',
      'Since the last successful billing sync; before the first one, since the account is there.',
      (account) => age(account, account.syncedAt),
    );
    ofAccount(
      'export_age_seconds',
      'Since an export last came as a whole; before the first one, since the account is there.',
      (account) => age(account, account.exportedAt),
    );
    ofMoney(
      'tie_out_difference',
      'What is missing in the tie-out: sum over the months, each without its sign.',
      ({ difference }) => difference,
    );
    ofMoney('months_not_tied_out', 'Months that do not tie out.', ({ monthsAway }) => monthsAway);
    ofMoney(
      'unmatched',
      'Money of lines that nobody can be charged for, as of the last sync of each month.',
      ({ unmatched }) => unmatched,
    );
    ofMoney('pending', 'Differences that issued invoices cannot take yet.', ({ pending }) => pending);
  }

  private async read() {
    const accounts = await this.repository.accounts();
    const money = await this.repository.money(this.clock.now());
    const scheduled = await this.settings.scheduled();
    const isScheduled = ({ settingsUuid, partnerReference, billingPaused }: AccountFigures) =>
      !billingPaused &&
      scheduled.some(
        (each) =>
          each.exportTypeReference && (each.uuid === settingsUuid || each.partnerReference === partnerReference),
      );
    return { accounts: accounts.map((account) => ({ ...account, isScheduled: isScheduled(account) })), money };
  }
}
