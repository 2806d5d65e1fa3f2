import type { DataSource, Logger } from 'typeorm';
import { currentRequest } from '../../src/common/request-context.js';

/** Transaction control; and workers that look for jobs every two seconds, whatever a test does. */
const isNoise = (query: string) =>
  /^(START TRANSACTION|COMMIT|ROLLBACK)/.test(query) || (/^UPDATE job_run/.test(query) && !currentRequest());

/** Listens to the statements a database is sent. */
export class StatementCounter {
  private statements: string[] | undefined;

  constructor(dataSource: DataSource) {
    const logger = dataSource.logger;
    const listening: Logger = Object.create(logger) as Logger;
    listening.logQuery = (query, parameters, runner) => {
      if (!isNoise(query)) this.statements?.push(query);
      logger.logQuery(query, parameters, runner);
    };
    dataSource.logger = listening;
  }

  async during(work: () => Promise<unknown>): Promise<string[]> {
    this.statements = [];
    await work();
    const { statements } = this;
    this.statements = undefined;
    return statements;
  }
}
