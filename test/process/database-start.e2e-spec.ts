import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { readEnv } from '../../src/config/env.js';
import { createApp } from '../../src/configure-app.js';
import { ApiClient } from '../support/api-client.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { type ServiceProcess, ServiceProcesses } from '../support/service-process.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';
const STAFF_TOKEN = 'staff-token-for-tests-0123456789abcdefghij';
const LONG = 240_000;

// An embedded database belongs to one process, and is nobody else's.
(TEST_DATABASE === 'postgres' ? describe : describe.skip)('A start on a database server', () => {
  const processes = new ServiceProcesses();
  const databases: TestDatabase[] = [];
  const apps: NestFastifyApplication[] = [];

  const emptyDatabase = async () => {
    const database = await createDatabase('postgres', 'template0');
    databases.push(database);
    return database.variables;
  };
  const start = async (variables: Record<string, string>) => {
    const env = readEnv({ PORT: '0', STAFF_TOKEN, LOG_LEVEL: 'fatal', DATABASE_POOL_SIZE: '2', ...variables });
    const app = await createApp(env);
    apps.push(app);
    await app.listen(0, '127.0.0.1');
    return app;
  };
  const ask = async (url: string, ...texts: string[]) => {
    const client = new pg.Client(url);
    await client.connect();
    for (const text of texts) await client.query(text);
    await client.end();
  };

  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await processes.end();
    await Promise.all(databases.map((database) => database.drop()));
    await ask(process.env.TEST_DATABASE_URL!, 'DROP ROLE IF EXISTS waldur_arrow_reader');
  }, LONG);

  it('is one of many at the same moment on an empty database, and all of them serve', async () => {
    const variables = await emptyDatabase();
    const all = await Promise.all(Array.from({ length: 5 }, () => start(variables)));
    for (const app of all) {
      const api = new ApiClient((await app.getUrl()).replace(/\/$/, ''), STAFF_TOKEN);
      expect((await api.get('/health/ready')).status).toBe(200);
      expect((await api.get('/api/users/me/')).body.username).toBe('admin');
    }
  });

  it('of an older program goes on with a schema that still serves it, and with no other', async () => {
    const { variables } = await createDatabase(TEST_DATABASE).then((made) => (databases.push(made), made));
    const newer = `INSERT INTO migration ("timestamp", name) VALUES (9999999999998, 'Tomorrow9999999999998')`;
    await ask(variables.DATABASE_URL!, newer);
    const app = await start(variables);
    const api = new ApiClient((await app.getUrl()).replace(/\/$/, ''), STAFF_TOKEN);
    expect((await api.get('/health/ready')).status).toBe(200);
    await app.get(DataSource).query('UPDATE schema_support SET oldest_program = 9999999999998');
    expect((await api.get('/health/ready')).status).toBe(503);
    await expect(start(variables)).rejects.toThrow('The database was changed by a newer version of this program');
  });

  it('keeps the key that the accounts were saved with, whoever started with another one before there were any', async () => {
    const variables = await emptyDatabase();
    const arrow = await ArrowEmulator.start();
    const other = { ...variables, SECRET_KEY: Buffer.alloc(32, 1).toString('base64') };
    const first = await start({ ...variables, ARROW_ALLOW_PRIVATE_HOSTS: 'true' });
    await start(other);
    const api = new ApiClient((await first.getUrl()).replace(/\/$/, ''), STAFF_TOKEN);
    const saved = await api.post('/api/admin/arrow/settings/', { api_url: arrow.url, api_key: arrow.apiKey });
    expect(saved.status).toBe(201);
    await start(variables);
    await expect(start(other)).rejects.toThrow('SECRET_KEY is not the key it was.');
    await arrow.stop();
  });

  it(
    'that cannot be ends with the sentence that says why',
    async () => {
      const [taken, closed, elsewhere] = [await emptyDatabase(), await emptyDatabase(), await emptyDatabase()];
      await ask(taken.DATABASE_URL!, 'CREATE TABLE customer (number integer)');
      const { pathname } = new URL(closed.DATABASE_URL!);
      await ask(
        closed.DATABASE_URL!,
        'DROP ROLE IF EXISTS waldur_arrow_reader',
        `CREATE ROLE waldur_arrow_reader LOGIN PASSWORD 'secret-password'`,
        'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
      );
      const asReader = new URL(closed.DATABASE_URL!);
      [asReader.username, asReader.password] = ['waldur_arrow_reader', 'secret-password'];
      const quiet = { STAFF_TOKEN, LOG_FORMAT: 'pretty' };
      const another = processes.start({ ...taken, ...quiet });
      const refused = processes.start({ ...closed, ...quiet, DATABASE_URL: asReader.href });
      const missing = processes.start({ ...closed, ...quiet, DATABASE_URL: `${closed.DATABASE_URL}_not_there` });
      const nowhere = processes.start({ ...elsewhere, DATA_DIR: '/dev/null/nowhere' });
      const all = [another, refused, missing, nowhere];
      expect(await Promise.all(all.map((each) => each.exit()))).toEqual([1, 1, 1, 1]);
      const said = ({ output }: ServiceProcess) => output.trim().split('\n').at(-1);
      expect(said(another)).toBe(
        'The database of DATABASE_URL has tables of another program: relation "customer" already exists. ' +
          'Give this one a database of its own.',
      );
      expect(said(refused)).toBe(
        'The user of DATABASE_URL may not do all that is needed: permission denied for schema public. Give it CREATE on ' +
          "the database's schema, and make it the owner of its tables.",
      );
      expect(said(missing)).toBe(
        `The database of DATABASE_URL cannot be used: database "${pathname.slice(1)}_not_there" does not exist. ` +
          'Make it, or name the one that is there.',
      );
      // The token could be read by nobody.
      expect(nowhere.output).toMatch(/DATA_DIR cannot be used: ENOTDIR/);
      expect(all.map(({ output }) => output).join('')).not.toMatch(/secret-password|\n\s+at .*:\d+:\d+/);

      const serving = processes.start({ ...elsewhere, STAFF_TOKEN, DATA_DIR: '/dev/null/nowhere' });
      expect((await (await serving.api(STAFF_TOKEN)).get('/api/users/me/')).status).toBe(200);
      const { host, pathname: database } = new URL(elsewhere.DATABASE_URL!);
      expect(serving.output).toContain(`database ${database.slice(1)} on ${host}, as `);
      expect(await serving.exit('SIGTERM')).toBe(0);
    },
    LONG,
  );
});
