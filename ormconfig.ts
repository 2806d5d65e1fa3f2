import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataSourceOptions } from './src/database/data-source-options.js';

/**
 * For the TypeORM command line only. Without DATABASE_URL it works on an empty database of its own, so that migrations
 * are compared with the entities on any machine, and nobody's data is touched.
 */
const dataSource = new DataSource(
  await dataSourceOptions({
    DATABASE_URL: process.env.DATABASE_URL,
    DATABASE_POOL_SIZE: 2,
    DATA_DIR: mkdtempSync(join(tmpdir(), 'waldur-arrowsphere-')),
  }),
);
await dataSource.initialize();
await dataSource.runMigrations();

export default dataSource;
