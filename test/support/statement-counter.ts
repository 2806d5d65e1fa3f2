import type { DataSource, Logger } from 'typeorm';

/** Listens to the statements a database is sent; transaction control is not counted. */
export class StatementCounter {
  private statements: string[] | undefined;

  constructor(dataSource: DataSource) {
    const logger = dataSource.logger;
    const listening: Logger = Object.create(logger) as Logger;
    listening.logQuery = (query, parameters, runner) => {
      if (!/^(START TRANSACTION|COMMIT|ROLLBACK)/.test(query)) this.statements?.push(query);
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
