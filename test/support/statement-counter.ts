import { AsyncLocalStorage } from 'node:async_hooks';
import type { DataSource, Logger } from 'typeorm';
import type { Requests } from '../../src/common/requests.js';

/**
 * Listens to the statements that requests and the test itself send to a database. What jobs and schedules send
 * meanwhile is not counted, nor is transaction control.
 */
export class StatementCounter {
  private readonly inTest = new AsyncLocalStorage<true>();
  private statements: string[] | undefined;

  constructor(
    dataSource: DataSource,
    private readonly requests: Requests,
  ) {
    const logger = dataSource.logger;
    const listening: Logger = Object.create(logger) as Logger;
    listening.logQuery = (query, parameters, runner) => {
      // Who asks is looked up for all requests that come in together.
      const counts = this.requests.current ?? this.inTest.getStore() ?? query.includes('FROM auth_token AS item');
      if (counts && !/^(START TRANSACTION|COMMIT|ROLLBACK)/.test(query)) this.statements?.push(query);
      logger.logQuery(query, parameters, runner);
    };
    dataSource.logger = listening;
  }

  stop(): void {
    this.inTest.disable();
  }

  async during(work: () => Promise<unknown>): Promise<string[]> {
    this.statements = [];
    await this.inTest.run(true, work);
    const { statements } = this;
    this.statements = undefined;
    return statements;
  }
}
