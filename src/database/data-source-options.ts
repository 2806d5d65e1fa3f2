import { makeFolder } from '../common/make-folder.js';
import { join, resolve } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import type { TypeOverrides } from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { DatabaseFullError } from '../common/database-fault.js';
import type { Acts } from '../common/acts.js';
import type { Requests } from '../common/requests.js';
import { DatabaseDamagedError } from './backup.errors.js';
import { DatabaseLogger } from './database.logger.js';
import { lockDataDir } from './data-dir.lock.js';
import { migrations } from './migrations.js';
import { ReadableNamingStrategy } from './naming.strategy.js';
import { watchRoom } from './room.js';

/** Where the database is: a PostgreSQL server, or the folder of the embedded one. */
export interface DatabaseLocation {
  readonly DATABASE_URL?: string;
  readonly DATABASE_POOL_SIZE: number;
  readonly DATA_DIR: string;
}

/** For a new connection, and for a turn at one of the pool. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Everything that holds for either database. Entities come with the modules that register them. */
const shared = {
  type: 'postgres' as const,
  uuidExtension: 'pgcrypto' as const,
  installExtensions: false,
  synchronize: false,
  namingStrategy: new ReadableNamingStrategy(),
  migrations,
  migrationsTableName: 'migration',
  migrationsTransactionMode: 'each' as const,
};

/**
 * The options of TypeORM's `DataSource`, used by the service, the tests and the TypeORM command line alike. Opens (and
 * on first use creates) the embedded database where no `DATABASE_URL` is given; it is closed with the `DataSource`.
 * `requests` are those that connections are lent to, `acts` what statements are marked with, where there are any. Throws `DataDirInUseError`,
 * `DatabaseFullError`.
 */
export async function dataSourceOptions(
  location: DatabaseLocation,
  requests?: Requests,
  acts?: Acts,
): Promise<DataSourceOptions> {
  const logger = new DatabaseLogger();
  if (location.DATABASE_URL) {
    const { default: pg } = await import('pg');
    const { LOCK_TIMEOUT_MS, ServerPool } = await import('./server-pool.js');
    return {
      ...shared,
      logger,
      logging: ['error', 'warn'],
      driver: { ...pg, Pool: ServerPool },
      url: location.DATABASE_URL,
      poolSize: location.DATABASE_POOL_SIZE,
      applicationName: 'waldur-arrowsphere',
      connectTimeoutMS: CONNECT_TIMEOUT_MS,
      extra: { lock_timeout: LOCK_TIMEOUT_MS, keepAlive: true, types: exactTypes(pg), requests, acts },
    };
  }
  const { PglitePool } = await import('./pglite-pool.js');
  const dataDir = resolve(location.DATA_DIR);
  const database = await openEmbeddedDatabase(dataDir);
  class Pool extends PglitePool {
    constructor() {
      super(database, watchRoom(dataDir), undefined, acts);
    }
  }
  return { ...shared, logger, logging: ['error', 'warn'], driver: { Pool } };
}

/**
 * Dates are calendar dates: node-postgres would make them midnight of the server's time zone. And it would make floats
 * of amounts as soon as they come in an array.
 */
function exactTypes(pg: Pick<typeof import('pg'), 'types' | 'TypeOverrides'>): TypeOverrides {
  const types = new pg.TypeOverrides();
  const arrayOfText = pg.types.getTypeParser(TYPE.textArray) as (text: string) => string[];
  types.setTypeParser(TYPE.date, (text: string) => text);
  types.setTypeParser(TYPE.dateArray, arrayOfText);
  types.setTypeParser(TYPE.numericArray, arrayOfText);
  return types;
}

/** PostgreSQL's own numbers of its types. */
const TYPE = { date: 1082, textArray: 1009, dateArray: 1182, numericArray: 1231 };

async function openEmbeddedDatabase(dataDir: string): Promise<PGlite> {
  makeFolder(dataDir);
  if (watchRoom(dataDir)()) throw new DatabaseFullError();
  const unlock = lockDataDir(dataDir);
  try {
    makeFolder(join(dataDir, 'pglite'));
    const { PGlite } = await import('@electric-sql/pglite');
    const { pg_trgm } = await import('@electric-sql/pglite/contrib/pg_trgm');
    const database = await PGlite.create({
      dataDir: join(dataDir, 'pglite'),
      extensions: { pg_trgm },
      startParams: [
        ...PGlite.defaultStartParams,
        // Its own 128 MB are most of what the process would take; the files are in the system's cache besides.
        ...['-c', 'shared_buffers=8MB'],
        // Parts of the log that nobody needs would be kept for later.
        ...['-c', 'wal_recycle=off'],
      ],
    });
    await database.exec("SET timezone = 'UTC'");
    const close = database.close.bind(database);
    database.close = async () => {
      await close();
      unlock();
    };
    return database;
  } catch (error) {
    unlock();
    const { message } = error as Error;
    throw /^PGlite failed/.test(message) ? new DatabaseDamagedError(dataDir, message) : error;
  }
}
