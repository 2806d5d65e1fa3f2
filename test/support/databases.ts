import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { DataSource } from 'typeorm';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const cache = join(root, 'node_modules/.cache/waldur-arrowsphere');

/** Changes with any migration, so that a template is never older than the code. */
function fingerprint(): string {
  const folder = join(root, 'src/database/migrations');
  const hash = createHash('sha256');
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(join(folder, file)));
  for (const file of ['src/database/data-source-options.ts', 'src/database/migrate.ts', 'package.json'])
    hash.update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 12);
}

async function migrateDatabase(location: { DATABASE_URL?: string; DATA_DIR: string }): Promise<void> {
  const { migrate } = await import('../../src/database/migrate.js');
  const { dataSourceOptions } = await import('../../src/database/data-source-options.js');
  const options = await dataSourceOptions({ DATABASE_POOL_SIZE: 2, ...location });
  const dataSource = new DataSource({ ...options, logger: 'simple-console', logging: ['error'] });
  await dataSource.initialize();
  await migrate(dataSource);
  await dataSource.destroy();
}

/** Makes the templates that test files copy; answers the variables that tell them where. */
export async function prepareDatabases(postgresUrl: string | undefined): Promise<Record<string, string>> {
  const print = fingerprint();
  const template = join(cache, `pglite-${print}`);
  if (!existsSync(template)) {
    mkdirSync(cache, { recursive: true });
    const building = mkdtempSync(join(cache, 'building-'));
    await migrateDatabase({ DATA_DIR: building });
    if (existsSync(template)) rmSync(building, { recursive: true });
    else renameSync(building, template);
  }
  if (!postgresUrl) return { TEST_PGLITE_TEMPLATE: template };
  const name = `waldur_arrow_template_${print}${(process.env.TEST_DATABASE_LOCALE ?? '').toLowerCase()}`;
  await administer(postgresUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock(7236116)');
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate', [name]);
    if (rowCount) return;
    await client.query(`DROP DATABASE IF EXISTS ${name}`);
    const locale = process.env.TEST_DATABASE_LOCALE;
    const ofLocale = locale ? ` TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE '${locale}' LC_CTYPE '${locale}'` : '';
    await client.query(`CREATE DATABASE ${name}${ofLocale}`);
    await migrateDatabase({ DATABASE_URL: databaseUrl(postgresUrl, name), DATA_DIR: '' });
    await client.query(`ALTER DATABASE ${name} IS_TEMPLATE true`);
  });
  return { TEST_PGLITE_TEMPLATE: template, TEST_POSTGRES_TEMPLATE: name };
}

/** Where a test file's own database is. */
export interface TestDatabase {
  /** The variables that make the service use it. */
  readonly variables: Record<string, string>;
  drop(): Promise<void>;
}

/** A migrated, empty database of its own for one test file, of the kind the Jest project is for. `template`: of a server. */
export async function createDatabase(
  kind: 'pglite' | 'postgres',
  template = process.env.TEST_POSTGRES_TEMPLATE,
): Promise<TestDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), 'waldur-arrow-test-'));
  const drop = () => rm(dataDir, { recursive: true, force: true });
  const secret = { SECRET_KEY: Buffer.alloc(32, 7).toString('base64') };
  if (kind === 'pglite') {
    cpSync(process.env.TEST_PGLITE_TEMPLATE!, dataDir, { recursive: true });
    return { variables: { DATA_DIR: dataDir, ...secret }, drop };
  }
  const url = process.env.TEST_DATABASE_URL!;
  const name = `waldur_arrow_test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  await administer(url, async (client) => {
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
    // No test takes the server's power away; what is killed here are its clients.
    await client.query(`ALTER DATABASE ${name} SET synchronous_commit = off`);
  });
  return {
    variables: { DATABASE_URL: databaseUrl(url, name), DATA_DIR: dataDir, ...secret },
    drop: async () => {
      await administer(url, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
      await drop();
    },
  };
}

/** A database that these statements fill, made by any version. */
export async function createFilledDatabase(kind: 'pglite' | 'postgres', statements: string): Promise<TestDatabase> {
  if (kind === 'postgres') {
    const made = await createDatabase(kind, 'template0');
    await administer(made.variables.DATABASE_URL!, (client) => client.query(statements));
    return made;
  }
  const made = await createDatabase(kind);
  const folder = join(made.variables.DATA_DIR!, 'pglite');
  rmSync(folder, { recursive: true });
  const { PGlite } = await import('@electric-sql/pglite');
  const { pg_trgm } = await import('@electric-sql/pglite/contrib/pg_trgm');
  const database = await PGlite.create({ dataDir: folder, extensions: { pg_trgm } });
  await database.exec(statements);
  await database.close();
  return made;
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

export async function administer(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
