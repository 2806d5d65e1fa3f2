import 'reflect-metadata';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { ArrowEmulator, type EmulatorOptions } from '../../emulator/arrow-emulator.js';
import { Clock } from '../../src/common/clock.js';
import { Requests } from '../../src/common/requests.js';
import { readEnv } from '../../src/config/env.js';
import { createApp } from '../../src/configure-app.js';
import { ApiClient } from './api-client.js';
import { createDatabase, type TestDatabase } from './databases.js';
import { StatementCounter } from './statement-counter.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

/** The staff token of every test application. */
export const STAFF_TOKEN = 'staff-token-for-tests-0123456789abcdefghij';

/** A clock that stands still until a test moves it. */
export class TestClock extends Clock {
  private offset: number | undefined;
  private fixed: Date | undefined;

  now(): Date {
    return this.fixed ?? new Date(Date.now() + (this.offset ?? 0));
  }

  /** From now on it is this moment; `undefined`: the real time again. */
  set(moment: string | Date | undefined): void {
    this.fixed = moment === undefined ? undefined : new Date(moment);
  }
}

export interface TestApp {
  /** Speaks HTTP to the service as its staff user. */
  readonly api: ApiClient;
  readonly url: string;
  readonly app: NestFastifyApplication;
  readonly arrow: ArrowEmulator;
  readonly database: DataSource;
  readonly clock: TestClock;
  readonly kind: 'pglite' | 'postgres';
  readonly variables: Readonly<Record<string, string>>;
  /** Counts the SQL statements that run while `work` does. */
  statements(work: () => Promise<unknown>): Promise<string[]>;
  stop(): Promise<void>;
}

/**
 * The real service, listening on a free port, on a database of its own (migrated and empty unless it is given), with an ArrowSphere emulator beside it. Call
 * `stop` in `afterAll`.
 */
export async function startApp(
  variables: Record<string, string> = {},
  emulator: EmulatorOptions = {},
  given?: TestDatabase,
): Promise<TestApp> {
  const [database, arrow] = await Promise.all([given ?? createDatabase(TEST_DATABASE), ArrowEmulator.start(emulator)]);
  const clock = new TestClock();
  const all = {
    HOST: '127.0.0.1',
    PORT: '0',
    STAFF_TOKEN,
    ARROW_ALLOW_PRIVATE_HOSTS: 'true',
    LOG_LEVEL: 'fatal',
    ...database.variables,
    ...variables,
  };
  const app = await createApp(readEnv(all), clock).catch(async (error: unknown) => {
    await Promise.all([arrow.stop(), database.drop()]);
    throw error;
  });
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace(/\/$/, '');
  const dataSource = app.get(DataSource);
  const counter = new StatementCounter(dataSource, app.get(Requests));
  return {
    api: new ApiClient(url, STAFF_TOKEN),
    url,
    app,
    arrow,
    database: dataSource,
    clock,
    kind: TEST_DATABASE,
    variables: all,
    statements: (work) => counter.during(work),
    stop: async () => {
      await app.close();
      counter.stop();
      await arrow.stop();
      await database.drop();
    },
  };
}

/** Another instance of the service on the same database; the same one where that is embedded, which has one process. */
export async function startAnother(app: TestApp): Promise<{ api: ApiClient; stop(): Promise<void> }> {
  if (app.kind === 'pglite') return { api: app.api, stop: () => Promise.resolve() };
  const second = await createApp(readEnv(app.variables), app.clock);
  await second.listen(0, '127.0.0.1');
  return { api: new ApiClient((await second.getUrl()).replace(/\/$/, ''), STAFF_TOKEN), stop: () => second.close() };
}
