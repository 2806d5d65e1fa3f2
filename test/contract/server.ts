import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';

import { readEnv } from '../../src/config/env.js';
import { createApp } from '../../src/configure-app.js';

/** The service as production runs it, listening on a port of its own over an empty database. */
export interface Server {
  app: NestFastifyApplication;
  baseUrl: string;
  staffToken: string;
  dataSource: DataSource;
  /** Runs `work` and counts the SQL statements of the whole service meanwhile. */
  countingStatements<T>(work: () => Promise<T>): Promise<{ result: T; statements: number }>;
  close(): Promise<void>;
}

/** Starts a server; `variables` are those of its environment that a test cares about. */
export async function startServer(variables: Record<string, string> = {}): Promise<Server> {
  const staffToken = 'contract-suite-staff-token'.padEnd(40, '0');
  const directory = mkdtempSync(join(tmpdir(), 'contract-'));
  const app = await createApp(
    readEnv({ DATA_DIR: directory, STAFF_TOKEN: staffToken, ARROW_ALLOW_PRIVATE_HOSTS: 'true', LOG_LEVEL: 'fatal', ...variables }),
  );
  await app.listen(0, '127.0.0.1');
  const dataSource = app.get(DataSource);
  return {
    app,
    baseUrl: await app.getUrl(),
    staffToken,
    dataSource,
    countingStatements: (work) => countStatements(dataSource, work),
    close: async () => {
      await app.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function countStatements<T>(dataSource: DataSource, work: () => Promise<T>): Promise<{ result: T; statements: number }> {
  const { logger } = dataSource;
  let statements = 0;
  dataSource.logger = Object.create(logger, { logQuery: { value: () => (statements += 1) } }) as typeof logger;
  try {
    const result = await work();
    return { result, statements };
  } finally {
    dataSource.logger = logger;
  }
}
