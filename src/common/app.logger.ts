import { ConsoleLogger, type LogLevel } from '@nestjs/common';

const LEVELS: LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];

/** Logs for people on a terminal, else one JSON object per line. */
export class AppLogger extends ConsoleLogger {
  constructor({ LOG_LEVEL, LOG_FORMAT }: { LOG_LEVEL: string; LOG_FORMAT?: 'pretty' | 'json' }) {
    const level = LOG_LEVEL === 'info' ? 'log' : (LOG_LEVEL as LogLevel);
    const json = LOG_FORMAT ? LOG_FORMAT === 'json' : !process.stdout.isTTY;
    super({
      json,
      compact: true,
      breakLength: Infinity,
      colors: !json && process.stdout.isTTY,
      logLevels: LEVELS.slice(0, LEVELS.indexOf(level) + 1),
    });
  }
}
