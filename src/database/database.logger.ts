import { Logger as NestLogger } from '@nestjs/common';
import type { Logger } from 'typeorm';

/** Routes TypeORM's log into ours, without the values of parameters: they may be secrets. */
export class DatabaseLogger implements Logger {
  private readonly logger = new NestLogger('Database');

  logQuery(query: string): void {
    this.logger.verbose(query);
  }

  logQueryError(error: string | Error, query: string): void {
    // Broken rules are expected and become answers; whoever does not expect them logs the error itself.
    this.logger.debug(`${error instanceof Error ? error.message : error}: ${query.slice(0, 300)}`);
  }

  logQuerySlow(time: number, query: string): void {
    this.logger.warn(`${time} ms: ${query.slice(0, 300)}`);
  }

  logSchemaBuild(message: string): void {
    this.logger.verbose(message);
  }

  logMigration(message: string): void {
    this.logger.log(message);
  }

  log(level: 'log' | 'info' | 'warn', message: unknown): void {
    if (level === 'warn') this.logger.warn(String(message));
    else this.logger.verbose(String(message));
  }
}
