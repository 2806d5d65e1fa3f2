import { Injectable } from '@nestjs/common';
import type { ArrowAccount } from './arrow-gateway.js';
import type { ArrowAccounts } from './arrow-accounts.js';
import type { CallRecorder, EndpointFigures } from './call-recorder.js';
import type { BreakerState } from './circuit-breaker.js';
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
  /** By endpoint, such as `GET customers/{ref}`. Counted since the start of the process. */
  readonly endpoints: Readonly<Record<string, Readonly<EndpointFigures>>>;
  readonly accounts: readonly AccountFigures[];
  readonly cache: CacheFigures;
}

/** What the gateway has done and how it is, for a metrics page. Holds no key and nothing that ArrowSphere answered. */
@Injectable()
export class ArrowGatewayMetrics {
  constructor(
    private readonly recorder: CallRecorder,
    private readonly states: ArrowAccounts,
    private readonly cache: FreshCache,
  ) {}

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
      endpoints: structuredClone(Object.fromEntries(this.recorder.endpoints)),
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
