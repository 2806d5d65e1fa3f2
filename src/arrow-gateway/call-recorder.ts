import { Logger } from '@nestjs/common';
import type { AccountState } from './arrow-accounts.js';
import { ArrowError } from './arrow-gateway.errors.js';
import type { GatewayTimer } from './gateway-timer.js';

/** Upper bounds of the duration classes, in milliseconds; the last class has none. */
export const DURATION_CLASSES_MS = [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000] as const;

export interface EndpointFigures {
  calls: number;
  /** HTTP requests sent, retries included. */
  attempts: number;
  retries: number;
  /** By code of the error. */
  failures: Record<string, number>;
  totalMs: number;
  longestMs: number;
  /** Calls per class of {@link DURATION_CLASSES_MS}, one more at the end for all longer ones. */
  durations: number[];
}

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
  readonly endpoints = new Map<string, EndpointFigures>();
  private readonly logger = new Logger('ArrowGateway');

  constructor(private readonly timer: GatewayTimer) {}

  start(endpoint: string, account: AccountState): CallRecord {
    const figures = this.figuresOf(endpoint);
    const startedAt = this.timer.now();
    let attempts = 0;
    let status: number | undefined;
    let size: number | undefined;
    const end = (outcome: string, error?: ArrowError): void => {
      const ms = Math.max(0, this.timer.now() - startedAt);
      count(figures, ms, outcome);
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
      if (outcome === 'ok') this.logger.log(line);
      else this.logger.warn(line);
    };
    return {
      sent: () => {
        attempts += 1;
        figures.attempts += 1;
      },
      retried: () => {
        figures.retries += 1;
      },
      answered: (answerStatus, characters) => {
        status = answerStatus;
        size = characters;
      },
      succeeded: () => end('ok'),
      failed: (error) => (error instanceof ArrowError ? end(error.code, error) : end('unexpected')),
    };
  }

  private figuresOf(endpoint: string): EndpointFigures {
    const known = this.endpoints.get(endpoint);
    if (known) return known;
    const durations = new Array<number>(DURATION_CLASSES_MS.length + 1).fill(0);
    const figures = { calls: 0, attempts: 0, retries: 0, failures: {}, totalMs: 0, longestMs: 0, durations };
    this.endpoints.set(endpoint, figures);
    return figures;
  }
}

function count(figures: EndpointFigures, ms: number, outcome: string): void {
  figures.calls += 1;
  figures.totalMs += ms;
  figures.longestMs = Math.max(figures.longestMs, ms);
  const index = DURATION_CLASSES_MS.findIndex((bound) => ms <= bound);
  const place = index < 0 ? DURATION_CLASSES_MS.length : index;
  figures.durations[place] = (figures.durations[place] ?? 0) + 1;
  if (outcome !== 'ok') figures.failures[outcome] = (figures.failures[outcome] ?? 0) + 1;
}
