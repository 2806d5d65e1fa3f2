import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import type { Requests } from './requests.js';

const LEVELS: LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];

type LogFormat = 'pretty' | 'json';

/** Whether lines are JSON: unless told, wherever nobody looks at a terminal. */
export function logsJson({ LOG_FORMAT }: { LOG_FORMAT?: LogFormat }): boolean {
  return LOG_FORMAT ? LOG_FORMAT === 'json' : !process.stdout.isTTY;
}

/** Nest's own account of what it is made of: two hundred lines at every start. */
const NOISE = ['InstanceLoader', 'RouterExplorer', 'RoutesResolver', 'NestFactory', 'NestApplication'];

/** Logs for people on a terminal, else one JSON object per line. */
export class AppLogger extends ConsoleLogger {
  private requests?: Requests;

  constructor({ LOG_LEVEL, LOG_FORMAT }: { LOG_LEVEL: string; LOG_FORMAT?: LogFormat }) {
    const level = LOG_LEVEL === 'info' ? 'log' : (LOG_LEVEL as LogLevel);
    const json = logsJson({ LOG_FORMAT });
    super({
      json,
      compact: true,
      breakLength: Infinity,
      // Without a terminal Node says `undefined`, which Nest takes for a yes.
      colors: !json && process.stdout.isTTY === true,
      logLevels: LEVELS.slice(0, LEVELS.indexOf(level) + 1),
    });
  }

  /** From now on each JSON line names the request that it was written for, who calls, and the trace. */
  name(requests: Requests): void {
    this.requests = requests;
  }

  protected override getJsonLogObject(...given: Parameters<ConsoleLogger['getJsonLogObject']>) {
    const { requestId, caller, span = trace.getActiveSpan() } = this.requests?.current ?? {};
    return {
      ...super.getJsonLogObject(...given),
      ...(requestId && { request_id: requestId }),
      ...(caller && { caller }),
      ...(span && { trace_id: span.spanContext().traceId }),
    };
  }

  override log(message: unknown, ...context: unknown[]): void {
    if (NOISE.includes(String(context.at(-1)))) this.verbose(message, ...context);
    else super.log(message, ...(context as [string]));
  }

  override error(message: unknown, ...context: unknown[]): void {
    // Whoever started the process is told by a sentence, or by the same stack.
    if (context.at(-1) === 'ExceptionHandler') this.debug(message, ...context);
    else super.error(message, ...(context as [string]));
  }
}
