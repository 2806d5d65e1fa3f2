import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startApp, type TestApp } from '../support/app.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

const EVENTS = '/api/admin/arrow/audit-events/';
const WRITERS = 4;

/** The embedded database takes no changes from 64 MB on. */
const MEGABYTES = TEST_DATABASE === 'pglite' ? 160 : 64;
const parent = mkdtempSync(join(tmpdir(), 'waldur-arrow-small-'));
const small = join(parent, 'disk');
const filler = join(small, 'filler');
const whyNot = mountSmallDisk();
if (whyNot) rmSync(parent, { recursive: true });

/** Mounts it; answers why it cannot be. */
function mountSmallDisk(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may mount';
  const { hostname } = new URL(process.env.TEST_DATABASE_URL ?? 'postgres://localhost');
  if (TEST_DATABASE === 'postgres' && !/^(localhost|127\..*|\[::1\])$/.test(hostname))
    return 'the server is on another machine';
  try {
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${MEGABYTES}m`, 'tmpfs', small], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'no disk can be mounted here';
  }
}

/** A database on that disk, the tables of a server in a tablespace of their own. */
async function onSmallDisk(): Promise<TestDatabase> {
  if (TEST_DATABASE === 'pglite') {
    cpSync(process.env.TEST_PGLITE_TEMPLATE!, join(small, 'data'), { recursive: true });
    const variables = { DATA_DIR: join(small, 'data'), SECRET_KEY: Buffer.alloc(32, 7).toString('base64') };
    return { variables, drop: () => Promise.resolve() };
  }
  const made = await createDatabase('postgres');
  const admin = new pg.Client(process.env.TEST_DATABASE_URL);
  await admin.connect();
  const database = new URL(made.variables.DATABASE_URL!).pathname.slice(1);
  const space = `small_${process.pid}`;
  const { rows } = await admin.query<{ data_directory: string }>('SHOW data_directory');
  const { uid, gid } = statSync(rows[0]!.data_directory);
  mkdirSync(join(small, 'space'));
  for (const folder of [small, join(small, 'space')]) execFileSync('chown', [`${uid}:${gid}`, folder]);
  execFileSync('chmod', ['755', parent]);
  await admin.query(`CREATE TABLESPACE ${space} LOCATION '${join(small, 'space')}'`);
  await admin.query(`ALTER DATABASE ${database} SET TABLESPACE ${space}`);
  return {
    ...made,
    drop: async () => {
      await made.drop();
      await admin.query(`DROP TABLESPACE ${space}`);
      await admin.end();
    },
  };
}

const ORPHANS = `
  SELECT 'customer without event' AS what FROM customer
  WHERE NOT EXISTS (SELECT FROM audit_event WHERE object_uuid = customer.uuid AND action = 'customer.create')
  UNION ALL
  SELECT 'event without customer' FROM audit_event
  WHERE action = 'customer.create' AND NOT EXISTS (SELECT FROM customer WHERE customer.uuid = object_uuid)
  UNION ALL
  SELECT 'event without change' FROM audit_event
  WHERE action = 'customer.create'
    AND NOT EXISTS (
      SELECT FROM audit_change WHERE (event_uuid, audit_change.created) = (audit_event.uuid, audit_event.created)
    )
  UNION ALL
  SELECT 'change without event' FROM audit_change
  WHERE NOT EXISTS (SELECT FROM audit_event WHERE (uuid, audit_event.created) = (event_uuid, audit_change.created))`;

(whyNot ? describe.skip : describe)(`A disk that is full${whyNot ? ` (skipped, as ${whyNot})` : ''}`, () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({}, {}, await onSmallDisk());
  });
  afterAll(async () => {
    await app?.stop();
    execFileSync('umount', ['-l', small]);
    rmSync(parent, { recursive: true });
  });

  const add = () => app.api.post('/api/customers/', { name: 'x'.repeat(150) });
  const countOf = async (table: string, where = 'true') => {
    const [row] = await app.database.query<{ count: number }[]>(
      `SELECT count(*)::integer AS count FROM ${table} WHERE ${where}`,
    );
    return row!.count;
  };
  const creations = () => countOf('audit_event', `action = 'customer.create'`);

  it('leaves neither change nor event of what is refused, and goes on when there is room again', async () => {
    let done = 0;
    /** Writes until it is told that there is no room. */
    const write = async () => {
      for (;;) {
        const { status, body } = await add();
        if (status !== 201) return [status, body.code as string];
        done += 1;
      }
    };
    for (let round = 1; round <= 2; round++) {
      const { bavail, bsize } = statfsSync(small);
      writeFileSync(filler, Buffer.alloc(bavail * bsize));
      const ends = await Promise.all(Array.from({ length: WRITERS }, write));
      expect(ends).toEqual(ends.map(() => [503, 'database_full']));
      expect([await countOf('customer'), await creations()]).toEqual([done, done]);
      expect(await app.database.query(ORPHANS)).toEqual([]);
      expect((await app.api.get(`${EVENTS}?page_size=1`)).status).toBe(200);
      rmSync(filler);
      let again = await add();
      // The embedded database looks at its disk now and then.
      while (again.status === 503) again = await add();
      expect(again.status).toBe(201);
      done += 1;
    }
    expect([await countOf('customer'), await creations()]).toEqual([done, done]);
    expect(await app.database.query(ORPHANS)).toEqual([]);
  });
});

describe('A clock that jumps', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app?.stop());

  const monthOf = (moment: Date) => moment.toISOString().slice(0, 7);
  const partOf = (month: string) => `audit_event_${month.replace('-', '_')}`;

  it('writes each event to the month that it says, and pages stay in its order, each event once', async () => {
    const now = new Date();
    const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1));
    const moments = [
      new Date(next.getTime() - 1),
      next,
      // Back behind the turn of the month, to the same moment as before, a year ago, and to a time that has no partition yet.
      new Date(next.getTime() - 1),
      new Date(next.getTime() - 86_400_000),
      next,
      new Date(Date.UTC(now.getUTCFullYear() - 1, 0, 31, 23, 59, 59, 999)),
      new Date(Date.UTC(now.getUTCFullYear() + 5, 1, 29)),
      new Date(next.getTime() + 1),
    ];
    const made: string[] = [];
    for (const moment of moments) {
      app.clock.set(moment);
      const { status, body } = await app.api.post('/api/customers/', { name: moment.toISOString() });
      expect(status).toBe(201);
      made.push(body.uuid);
    }
    const parts = await app.database.query<{ uuid: string; created: Date; part: string; known: boolean }[]>(
      `SELECT object_uuid AS uuid, created, tableoid::regclass::text AS part,
         to_regclass('audit_event_' || to_char(created AT TIME ZONE 'UTC', 'YYYY_MM')) IS NOT NULL AS known
       FROM audit_event WHERE action = 'customer.create'`,
    );
    expect(parts).toHaveLength(moments.length);
    for (const [at, moment] of moments.entries()) {
      const { created, part, known } = parts.find(({ uuid }) => uuid === made[at])!;
      expect([created, part]).toEqual([moment, known ? partOf(monthOf(moment)) : 'audit_event_default']);
    }
    expect(new Set(parts.map(({ part }) => part))).toEqual(
      new Set([partOf(monthOf(now)), partOf(monthOf(next)), 'audit_event_default']),
    );

    const seen: { uuid: string; created: string; object_uuid: string; changes: unknown[] }[] = [];
    for (let page = 1; seen.length < moments.length; page++) {
      const { status, body } = await app.api.get(`${EVENTS}?action=customer.create&page_size=3&page=${page}`);
      expect(status).toBe(200);
      seen.push(...body);
    }
    expect(new Set(seen.map(({ uuid }) => uuid)).size).toBe(moments.length);
    expect(seen.map(({ object_uuid }) => object_uuid).sort()).toEqual([...made].sort());
    expect(seen.map(({ created }) => Date.parse(created))).toEqual(
      moments.map((moment) => moment.getTime()).sort((a, b) => b - a),
    );
    for (const { changes } of seen) expect(changes).toHaveLength(1);
    const { body: csv } = await app.api.get(`${EVENTS}?action=customer.create&format=csv`);
    for (const { uuid } of seen) expect(String(csv).split(uuid)).toHaveLength(2);
  });
});
