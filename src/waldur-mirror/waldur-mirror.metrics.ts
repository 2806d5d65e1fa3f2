import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { MetricsRegistry } from '../common/metrics-registry.js';
import { BesideWaldur } from '../waldur-gateway/waldur-gateway.module.js';
import { WaldurMirrorService } from './waldur-mirror.service.js';

/** How fresh the copies of Waldur are; nothing where there is no Waldur. */
@Injectable()
export class WaldurMirrorMetrics {
  constructor(registry: MetricsRegistry, { gateway }: BesideWaldur, mirror: WaldurMirrorService, clock: Clock) {
    if (!gateway) return;
    const figures = registry.figures('waldur_mirror', async () => ({
      state: await mirror.state(),
      conflicts: (await mirror.disputes()).total,
    }));
    registry.gauge(
      'waldur_arrow_mirror_age_seconds',
      'How long ago each list of Waldur was read; none of a list that has not been.',
      ['kind'],
      async () =>
        ((await figures())?.state?.marks ?? []).map(
          ({ kind, readAt }) => [{ kind }, clock.secondsSince(readAt)] as const,
        ),
    );
    registry.gauge('waldur_arrow_mirror_failed', 'Whether the last reading of Waldur failed: 1 or 0.', [], async () => {
      const state = (await figures())?.state;
      return state ? [[{}, state.lastError ? 1 : 0]] : [];
    });
    registry.gauge(
      'waldur_arrow_mirror_conflicts',
      'Resources of Waldur whose licence another live resource has too.',
      [],
      async () => {
        const now = await figures();
        return now ? [[{}, now.conflicts]] : [];
      },
    );
  }
}
