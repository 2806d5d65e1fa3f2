import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { MetricsRegistry } from '../common/metrics-registry.js';
import { BesideWaldur } from '../waldur-gateway/waldur-gateway.module.js';
import { LicenseLinksService } from './license-links.service.js';

/** Which changes of licences Waldur has not carried out; nothing where there is no Waldur. */
@Injectable()
export class LicenseWritesMetrics {
  constructor(registry: MetricsRegistry, { gateway }: BesideWaldur, links: LicenseLinksService, clock: Clock) {
    if (!gateway) return;
    const figures = registry.figures('license_writes', async () => ({ unfinished: await links.unfinished() }));
    registry.gauge(
      'waldur_arrow_license_writes_unfinished',
      'Entries of the link ledger that are half-way: intended, or done at Waldur and not recorded.',
      ['state'],
      async () => ((await figures())?.unfinished ?? []).map(({ state, entries }) => [{ state }, entries] as const),
    );
    registry.gauge(
      'waldur_arrow_license_writes_oldest_seconds',
      'How long the oldest of them has been; 0: there is none.',
      [],
      async () => {
        const unfinished = (await figures())?.unfinished;
        return unfinished ? [[{}, Math.max(0, ...unfinished.map(({ since }) => clock.secondsSince(since)))]] : [];
      },
    );
  }
}
