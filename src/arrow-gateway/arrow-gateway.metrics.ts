import { Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import type { MetricsRegistry } from '../common/metrics-registry.js';
import type { ArrowAccount } from './arrow-gateway.js';
import type { ArrowAccounts } from './arrow-accounts.js';
import type { BreakerState } from '../http-client/circuit-breaker.js';
import type { CacheFigures, FreshCache } from './fresh-cache.js';

export interface AccountFigures {
  /** One-way name of the account, as in the log lines. */
  readonly account: string;
  readonly host: string;
  readonly running: number;
  readonly waiting: number;
  /** Calls allowed at once right now: fewer than configured after ArrowSphere said 429. */
  readonly concurrency: number;
  readonly pausedUntil: Date | null;
  readonly breaker: BreakerState;
  readonly nextTryAt: Date | null;
  /** When ArrowSphere last gave what was asked for; `null`: not since the process started. */
  readonly lastSuccessAt: Date | null;
}

export interface ArrowGatewaySnapshot {
  readonly accounts: readonly AccountFigures[];
  readonly cache: CacheFigures;
}

/** Breakers as numbers, worse ones higher. */
const BREAKER: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 };

/** How the gateway is. Holds no key and nothing that ArrowSphere answered. What it has done stands in the metrics. */
@Injectable()
export class ArrowGatewayMetrics {
  constructor(
    registry: MetricsRegistry,
    private readonly states: ArrowAccounts,
    private readonly cache: FreshCache,
  ) {
    const gauge = (name: string, help: string, of: (figures: AccountFigures) => number) =>
      registry.gauge(`waldur_arrow_gateway_${name}`, help, ['account'], () =>
        this.snapshot().accounts.map((figures) => [{ account: figures.account }, of(figures)] as const),
      );
    gauge('running_calls', 'Calls to ArrowSphere under way.', ({ running }) => running);
    gauge('waiting_calls', 'Calls that wait for their turn.', ({ waiting }) => waiting);
    gauge('allowed_calls', 'Calls allowed at once right now: fewer after a 429.', ({ concurrency }) => concurrency);
    gauge('breaker_state', 'Circuit breaker: 0 closed, 1 half-open, 2 open.', ({ breaker }) => BREAKER[breaker]);
    new Counter({
      name: 'waldur_arrow_gateway_cache_requests_total',
      help: 'Questions for customers and licences: answered from the cache (hit), by an answer under way (shared), or asked (miss).',
      labelNames: ['result'],
      registers: [registry],
      collect() {
        this.reset();
        const { hits, shared, misses } = cache.snapshot;
        for (const [result, count] of Object.entries({ hit: hits, shared, miss: misses })) this.inc({ result }, count);
      },
    });
  }

  /** When ArrowSphere last gave this account what was asked for (UTC); `undefined`: not since the process started. */
  lastSuccessOf(account: ArrowAccount): Date | undefined {
    return this.states.get(account).lastSuccessAt;
  }

  /** Milliseconds by which ArrowSphere's clock is ahead of ours, by its last answer; `undefined`: it never said. */
  clockSkewOf(account: ArrowAccount): number | undefined {
    return this.states.get(account).clockSkewMs;
  }

  /** A copy of all figures as they are now. */
  snapshot(): ArrowGatewaySnapshot {
    return {
      accounts: [...this.states.all()].map(({ id, host, gate, breaker, lastSuccessAt }) => ({
        account: id,
        host,
        running: gate.running,
        waiting: gate.waiting,
        concurrency: gate.concurrency,
        pausedUntil: gate.pausedUntil ?? null,
        breaker: breaker.state,
        nextTryAt: breaker.nextTryAt ?? null,
        lastSuccessAt: lastSuccessAt ?? null,
      })),
      cache: this.cache.snapshot,
    };
  }
}
