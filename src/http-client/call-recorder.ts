import { Logger } from '@nestjs/common';
import { SpanKind } from '@opentelemetry/api';
import { Counter, Histogram } from 'prom-client';
import { AppError } from '../common/app.error.js';
import type { MetricsRegistry } from '../common/metrics-registry.js';
import { endFailed, startSpan } from '../common/tracing.js';
import type { GatewayTimer } from './gateway-timer.js';
import type { UpstreamState } from './upstream-state.js';

/** One call while it runs. */
export interface CallRecord {
  sent(): void;
  retried(attempt: number): void;
  answered(status: number, characters: number): void;
  succeeded(): void;
  failed(error: unknown): void;
}

/** What calls to one service are called in logs, metrics and traces. */
export interface CallNames {
  readonly service: string;
  readonly logger: string;
  /** Of log lines. */
  readonly event: string;
  /** What metrics begin with. */
  readonly metrics: string;
  /** What spans begin with. */
  readonly span: string;
  /** What else a log line says of an error. */
  readonly about?: (error: AppError) => Readonly<Record<string, string>>;
}

/** Counts every call and writes one line for each, with nothing in it that the other side or a caller wants kept secret. */
export class CallRecorder {
  private readonly logger: Logger;
  private readonly durations: Histogram<'endpoint' | 'outcome'>;
  private readonly attempts: Counter<'endpoint'>;
  private readonly retries: Counter<'endpoint'>;

  constructor(
    private readonly timer: GatewayTimer,
    registry: MetricsRegistry,
    private readonly names: CallNames,
  ) {
    this.logger = new Logger(names.logger);
    const registers = [registry];
    this.durations = new Histogram({
      name: `${names.metrics}_call_duration_seconds`,
      help: `Calls to ${names.service}, waiting and retries included, by endpoint and outcome: ok, or the code of the error.`,
      labelNames: ['endpoint', 'outcome'],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
    this.attempts = new Counter({
      name: `${names.metrics}_attempts_total`,
      help: `HTTP requests sent to ${names.service}, retries included.`,
      labelNames: ['endpoint'],
      registers,
    });
    this.retries = new Counter({
      name: `${names.metrics}_retries_total`,
      help: 'Attempts after the first one of a call.',
      labelNames: ['endpoint'],
      registers,
    });
  }

  start(endpoint: string, account: UpstreamState): CallRecord {
    const startedAt = this.timer.now();
    const span = startSpan(`${this.names.span} ${endpoint}`, { 'server.address': account.host }, SpanKind.CLIENT);
    let attempts = 0;
    let status: number | undefined;
    let size: number | undefined;
    const end = (outcome: string, error?: AppError): void => {
      const ms = Math.max(0, this.timer.now() - startedAt);
      this.durations.observe({ endpoint, outcome }, ms / 1000);
      const line = {
        event: this.names.event,
        endpoint,
        account: account.id,
        host: account.host,
        outcome,
        status,
        attempts,
        ms,
        size,
        ...(error && this.names.about?.(error)),
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
      failed: (error) => (error instanceof AppError ? end(error.code, error) : end('unexpected')),
    };
  }
}
