import { DataSource } from 'typeorm';
import { readEnv } from '../../src/config/env.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { STAFF_TOKEN } from '../support/app.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { ServiceProcesses } from '../support/service-process.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

const WRITERS = 8;
const KILLS = 3;

const WITHOUT_EVENT = `
  SELECT * FROM audit_change
  WHERE NOT EXISTS (SELECT FROM audit_event WHERE (uuid, audit_event.created) = (event_uuid, audit_change.created))`;
const WITHOUT_CHANGE = `
  SELECT * FROM audit_event
  WHERE action IN ('customer.create', 'customer.update') AND outcome = 'done'
    AND NOT EXISTS (SELECT FROM audit_change WHERE (event_uuid, audit_change.created) = (audit_event.uuid, audit_event.created))`;
/** The name that the trail says each row has. */
const AS_AUDITED = `
  SELECT DISTINCT ON (object_uuid) object_uuid AS uuid, after->>'name' AS name
  FROM audit_change WHERE object_type = 'customer'
  ORDER BY object_uuid, (after->>'name')::integer DESC`;

describe('A process that is killed while it writes', () => {
  const processes = new ServiceProcesses();
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase(TEST_DATABASE);
  });
  afterAll(async () => {
    await processes.end();
    await database.drop();
  });

  it('leaves an event of every change, and no event without its change', async () => {
    const variables = { ...database.variables, STAFF_TOKEN, LOG_LEVEL: 'fatal' };
    for (let kill = 1; kill <= KILLS; kill++) {
      const service = processes.start({ ...variables, LOG_LEVEL: 'info' });
      const api = await service.api(STAFF_TOKEN);
      let done = 0;
      let enough: () => void;
      const underWay = new Promise<void>((resolve) => (enough = resolve));
      const write = async () => {
        const made = await api.post('/api/customers/', { name: '0' });
        for (let number = 1; ; number++) {
          await api.patch(made.body.url, { name: String(number) });
          if (++done === 40 * kill) enough();
        }
      };
      const writers = Array.from({ length: WRITERS }, () => write().catch(() => undefined));
      await underWay;
      await service.exit('SIGKILL');
      await Promise.all(writers);
      expect(done).toBeGreaterThanOrEqual(40 * kill);
    }
    const source = await new DataSource(await dataSourceOptions(readEnv(variables))).initialize();
    try {
      const rows = await source.query<unknown[]>('SELECT uuid, name FROM customer ORDER BY uuid');
      expect(rows.length).toBeGreaterThanOrEqual(WRITERS);
      expect(await source.query(AS_AUDITED)).toEqual(rows);
      expect(await source.query(WITHOUT_EVENT)).toEqual([]);
      expect(await source.query(WITHOUT_CHANGE)).toEqual([]);
    } finally {
      await source.destroy();
    }
  });
});
