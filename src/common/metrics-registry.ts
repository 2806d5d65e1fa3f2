import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { Clock } from './clock.js';

/** Figures that cost a query are as old as this at most. */
const KEPT_MS = 10_000;
/** A page without them is better than none: who looks waits no longer for what a query brings. */
const LONGEST_MS = 2_000;

/** The value of one set of labels. Labels come from short lists or are UUIDs: never names, references or keys. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** The metrics of one application; two applications in a process share none. */
@Injectable()
export class MetricsRegistry extends Registry {
  private readonly sources: (readonly [name: string, look: () => Promise<unknown>])[] = [];

  constructor(private readonly clock: Clock) {
    super();
    this.gauge(
      'waldur_arrow_figures_up',
      'Whether the figures that are queried for came in time: 1 or 0.',
      ['source'],
      () => Promise.all(this.sources.map(async ([source, look]) => [{ source }, (await look()) ? 1 : 0] as const)),
    );
  }

  /** A gauge whose values are looked up whenever somebody reads the metrics. */
  gauge(
    name: string,
    help: string,
    labelNames: readonly string[],
    look: () => readonly Sample[] | Promise<readonly Sample[]>,
  ): void {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [this],
      async collect() {
        const samples = await look();
        this.reset();
        // Without labels a reset one says 0, which nobody has found.
        if (!labelNames.length) this.remove();
        for (const [labels, value] of samples) this.set(labels, value);
      },
    });
  }

  /**
   * Figures for several gauges that cost a query. They are kept for a while and asked for once, however many look;
   * `undefined` where the query failed, or does not come in time.
   */
  figures<T extends object>(source: string, ask: () => Promise<T>): () => Promise<T | undefined> {
    let kept: T | undefined;
    let askedAt = -Infinity;
    let asking: Promise<unknown> | undefined;
    const refresh = async () => {
      // Not before all gauges were looked up: the query must not be among those that they count as waiting.
      kept = await Promise.resolve()
        .then(ask)
        .catch(() => undefined);
      askedAt = this.clock.now().getTime();
      asking = undefined;
    };
    const look = async () => {
      if (Math.abs(this.clock.now().getTime() - askedAt) < KEPT_MS) return kept;
      asking ??= refresh();
      const late = sleep(LONGEST_MS, true, { ref: false });
      return (await Promise.race([asking, late])) ? undefined : kept;
    };
    this.sources.push([source, look]);
    return look;
  }
}
