import { Logger } from '@nestjs/common';
import { SpanKind } from '@opentelemetry/api';
import { Counter, Histogram } from 'prom-client';
import type { MetricsRegistry } from '../common/metrics-registry.js';
import { endFailed, startSpan } from '../common/tracing.js';
import type { AccountState } from '../arrow-gateway/arrow-accounts.js';
import { ArrowError } from '../arrow-gateway/arrow-gateway.errors.js';
import type { GatewayTimer } from './gateway-timer.js';

/** One call while it runs. */
export interface CallRecord {
  sent(): void;
  retried(attempt: number): void;
  answered(status: number, characters: number): void;
  succeeded(): void;
  failed(error: unknown): void;
}

/** Counts every call and writes one line for each, with nothing in it that ArrowSphere or a caller wants kept secret. */
export class CallRecorder {
  private readonly logger = new Logger('ArrowGateway');
  private readonly durations: Histogram<'endpoint' | 'outcome'>;
  private readonly attempts: Counter<'endpoint'>;
  private readonly retries: Counter<'endpoint'>;

  constructor(
    private readonly timer: GatewayTimer,
    registry: MetricsRegistry,
  ) {
    const registers = [registry];
    this.durations = new Histogram({
      name: 'waldur_arrow_gateway_call_duration_seconds',
      help: 'Calls to ArrowSphere, waiting and retries included, by endpoint and outcome: ok, or the code of the error.',
      labelNames: ['endpoint', 'outcome'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
    this.attempts = new Counter({
      name: 'waldur_arrow_gateway_attempts_total',
      help: 'HTTP requests sent to ArrowSphere, retries included.',
      labelNames: ['endpoint'],
      registers,
    });
    this.retries = new Counter({
      name: 'waldur_arrow_gateway_retries_total',
      help: 'Attempts after the first one of a call.',
      labelNames: ['endpoint'],
      registers,
    });
  }

  start(endpoint: string, account: AccountState): CallRecord {
    const startedAt = this.timer.now();
    const span = startSpan(`arrow ${endpoint}`, { 'server.address': account.host }, SpanKind.CLIENT);
    let attempts = 0;
    let status: number | undefined;
    let size: number | undefined;
    const end = (outcome: string, error?: ArrowError): void => {
      const ms = Math.max(0, this.timer.now() - startedAt);
      this.durations.observe({ endpoint, outcome }, ms / 1000);
      const line = {
        event: 'arrow_call',
        endpoint,
        account: account.id,
        host: account.host,
        outcome,
        status,
        attempts,
        ms,
        size,
        ...(error?.details.errorCode ? { errorCode: error.details.errorCode } : {}),
        ...(error?.details.correlationId ? { correlationId: error.details.correlationId } : {}),
      };
      span.setAttributes({ 'waldur_arrow.outcome': outcome, 'waldur_arrow.attempts': attempts });
      if (status) span.setAttribute('http.response.status_code', status);
      if (outcome === 'ok') {
        span.end();
        this.logger.log(line);
      } else {
        endFailed(span, error);
        this.logger.warn(line);
      }
    };
    return {
      sent: () => {
        attempts += 1;
        this.attempts.inc({ endpoint });
      },
      retried: () => this.retries.inc({ endpoint }),
      answered: (answerStatus, characters) => {
        status = answerStatus;
        size = characters;
      },
      succeeded: () => end('ok'),
      failed: (error) => (error instanceof ArrowError ? end(error.code, error) : end('unexpected')),
    };
  }
}
