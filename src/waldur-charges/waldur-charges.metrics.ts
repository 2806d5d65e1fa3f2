import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { MetricsRegistry } from '../common/metrics-registry.js';
import { Env } from '../config/env.js';
import { JobsService } from '../jobs/jobs.service.js';
import { PushedItemsRepository } from './pushed-items.repository.js';
import { CHARGES_PUSH } from './waldur-charges.service.js';

/** How fresh Waldur's invoices are, and what is not on them; nothing where charges are not pushed. */
@Injectable()
export class WaldurChargesMetrics {
  constructor(registry: MetricsRegistry, env: Env, items: PushedItemsRepository, jobs: JobsService, clock: Clock) {
    if (!env.WALDUR_PUSH_CHARGES) return;
    const figures = registry.figures('waldur_charges', async () => {
      const ended = await jobs.list({ kind: CHARGES_PUSH, state: ['succeeded'], pageSize: '1' });
      return { pushedAt: ended.items[0]?.finishedAt, shortfalls: await items.shortfalls() };
    });
    registry.gauge(
      'waldur_arrow_charges_push_age_seconds',
      'Since charges were last put on invoices of Waldur without a failure; none before the first time.',
      [],
      async () => {
        const pushedAt = (await figures())?.pushedAt;
        return pushedAt ? [[{}, clock.secondsSince(pushedAt)]] : [];
      },
    );
    const ofShortfalls = (name: string, help: string, of: (shortfall: { items: number; amount: string }) => number) =>
      registry.gauge(name, help, ['reason', 'currency'], async () =>
        ((await figures())?.shortfalls ?? []).map(
          (shortfall) => [{ reason: shortfall.reason, currency: shortfall.currency }, of(shortfall)] as const,
        ),
      );
    ofShortfalls(
      'waldur_arrow_charges_not_at_waldur_items',
      'Items that are not on invoices of Waldur, by why: intended, sending, not_looked_at, missing, or the reason of the item.',
      ({ items: count }) => count,
    );
    // Prometheus has floats only; nothing is computed of these.
    ofShortfalls('waldur_arrow_charges_not_at_waldur', 'Their money, net; credits are negative.', ({ amount }) =>
      Number(amount),
    );
  }
}
