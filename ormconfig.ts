import 'reflect-metadata';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from './src/database/data-source-options.js';

/**
 * For the TypeORM command line only. Without DATABASE_URL it works on an empty database of its own, so that migrations
 * are compared with the entities on any machine, and nobody's data is touched.
 */
const location = {
  DATABASE_URL: process.env.DATABASE_URL,
  DATABASE_POOL_SIZE: 2,
  DATA_DIR: mkdtempSync(join(tmpdir(), 'waldur-arrowsphere-')),
};
const open = async () =>
  new DataSource({
    ...(await dataSourceOptions(location)),
    entities: ['src/**/*.entity.ts'],
    logger: 'simple-console',
    logging: ['error'],
  });

const migrated = await open();
await migrated.initialize();
await migrated.runMigrations();
await migrated.destroy();

export default await open();
