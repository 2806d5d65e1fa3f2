import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { readEnv } from '../../src/config/env.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';
import { BillingWorld } from '../billing/billing-world.js';
import { Sheets } from '../spreadsheets/sheets.js';
import type { ApiClient } from '../support/api-client.js';
import { STAFF_TOKEN, TestClock } from '../support/app.js';
import { Builders } from '../support/builders.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { expireLeases } from '../support/expire-leases.js';
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
/** Tables of which every new row is in the trail. */
const AUDITED = `
  SELECT tgrelid::regclass::text AS name FROM pg_trigger
  WHERE tgname ~ '_audit_insert$' AND tgrelid <> 'invoice_posting'::regclass`;
const NOT_AUDITED = (table: string) => `
  SELECT count(*)::integer AS count FROM ${table} AS row
  WHERE NOT EXISTS (SELECT FROM audit_change WHERE operation = 'create' AND object_uuid = (to_jsonb(row)->>'uuid')::uuid)`;
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

  it('leaves an event of whatever else it wrote, by requests, jobs and files', async () => {
    const arrow = await ArrowEmulator.start();
    const variables = { ...database.variables, STAFF_TOKEN, ARROW_ALLOW_PRIVATE_HOSTS: 'true', LOG_LEVEL: 'info' };
    const source = async <T>(work: (source: DataSource) => Promise<T>) => {
      const opened = await new DataSource(await dataSourceOptions(readEnv(variables))).initialize();
      return work(opened).finally(() => opened.destroy());
    };
    const notAudited = () =>
      source(async (opened) => {
        const tables = await opened.query<{ name: string }[]>(AUDITED);
        const counts = tables.map(async ({ name }) => {
          const [found] = await opened.query<{ count: number }[]>(NOT_AUDITED(name));
          return [name, found!.count] as const;
        });
        return Object.fromEntries(await Promise.all(counts));
      });
    // What the first start made for itself.
    const before = await notAudited();
    expect(Object.keys(before).length).toBeGreaterThan(12);
    let number = 0;
    for (let kill = 1; kill <= KILLS; kill++) {
      const service = processes.start(variables);
      const api = await service.api(STAFF_TOKEN);
      const works = worksWith(api, arrow, () => `${kill}-${++number}`);
      const rounds = works.map(() => 0);
      const enough = works.length + Math.floor(Math.random() * 10);
      let begin: () => void;
      const underWay = new Promise<void>((resolve) => (begin = resolve));
      const running = works.map(async (work, at) => {
        for (;;) {
          await work();
          rounds[at]! += 1;
          if (rounds.every(Boolean) && rounds.reduce((sum, each) => sum + each) >= enough) begin();
        }
      });
      // Before there is enough, nothing may fail.
      await Promise.race([underWay, ...running]);
      await service.exit('SIGKILL');
      await Promise.allSettled(running);
    }
    await source(expireLeases);
    const service = processes.start(variables);
    const api = await service.api(STAFF_TOKEN);
    for (const state of ['queued', 'running'])
      while ((await api.get(`/api/admin/arrow/jobs/?state=${state}`)).body.length) await sleep(50);
    expect(await service.exit('SIGTERM')).toBe(0);
    await arrow.stop();

    expect(await notAudited()).toEqual(before);
    const [withoutEvent, jobs] = await source((opened) =>
      Promise.all([
        opened.query<unknown[]>(WITHOUT_EVENT),
        opened.query<{ count: number }[]>(`SELECT count(*)::integer AS count FROM job_run WHERE attempts > 0`),
      ]),
    );
    expect(withoutEvent).toEqual([]);
    expect(jobs[0]!.count).toBeGreaterThanOrEqual(KILLS);
  });
});

/** What people do with a service, one kind after another, again and again. */
function worksWith(api: ApiClient, arrow: ArrowEmulator, next: () => string): (() => Promise<unknown>)[] {
  const make = new Builders({ api, arrow });
  const sheets = new Sheets({ api, url: api.baseUrl });
  const world = new BillingWorld({ api, arrow, clock: new TestClock() } as never).start();
  return [
    async () => {
      const { url } = await make.user({ username: `user-${next()}` });
      await api.patch(url, { is_active: false });
    },
    async () => {
      const { url } = await make.plan({ offering: (await make.offering({ name: `Offering ${next()}` })).uuid });
      await api.delete(url);
    },
    async () => {
      const names = Array.from({ length: 50 }, () => `Organisation ${next()}`);
      const preview = await sheets.preview('organisations', `name\n${names.join('\n')}\n`);
      expect(await sheets.apply(preview)).toMatchObject({ state: 'applied' });
    },
    async () => {
      const w = await world;
      const { license } = await w.linked();
      w.export([w.line(license, '10')]);
      expect(await w.sync({ accept_shrinkage: true })).toMatchObject({ state: 'succeeded' });
    },
  ];
}
