import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { AuditNotExportedError } from '../../src/audit/audit.errors.js';
import { Operations } from '../../src/cli/operations.js';
import type { ApiClient } from '../support/api-client.js';
import { STAFF_TOKEN, startApp } from '../support/app.js';
import { waldurArrow } from '../support/command-line.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { programArguments } from '../support/programs.js';
import { ServiceProcesses } from '../support/service-process.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

interface Change {
  readonly object_type: string;
  readonly after: { readonly name: string };
}

const EVENTS = '/api/admin/arrow/audit-events/';
/** With what newer versions of Node, and other languages, take for ends of lines. */
const NAME = 'Põhjala\u2028OÜ\u2029Tallinn';
const thisMonth = new Date().toISOString().slice(0, 7);

describe('Months of the audit trail', () => {
  const processes = new ServiceProcesses();
  const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-audit-'));
  let database: TestDatabase;
  let variables: Record<string, string>;
  let api: ApiClient;

  beforeAll(async () => {
    database = await createDatabase(TEST_DATABASE);
    variables = { ...database.variables, STAFF_TOKEN, AUDIT_KEEP_MONTHS: '1' };
    api = await processes.start(variables).api(STAFF_TOKEN);
    expect((await api.post('/api/customers/', { name: NAME })).status).toBe(201);
  });
  afterAll(async () => {
    await processes.end();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });
  const command = (...args: string[]) => waldurArrow(variables, 'audit', ...args);
  const file = join(folder, 'trail.jsonl');

  it('that are kept are not dropped', async () => {
    expect(await command('drop', '--before', thisMonth, '--json')).toMatchObject({
      code: 1,
      json: { code: 'audit_too_young' },
    });
  });

  it('are exported once into a new file of its owner, which is an event itself', async () => {
    const next = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth() + 1))
      .toISOString()
      .slice(0, 7);
    expect(await command('export', '--before', next, '--to', file)).toMatchObject({ code: 0 });
    const exported = readFileSync(file, 'utf8');
    expect(exported).not.toMatch(/[\u2028\u2029]/);
    const lines = exported
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ action: 'customer.create', changes: [{ after: { name: NAME } }] });
    const { body } = await api.get(`${EVENTS}?action=audit.export`);
    expect(body).toMatchObject([
      {
        actor: 'command line',
        changes: [{ object_type: 'audit_month', after: { month: thisMonth, events: lines.length } }],
      },
    ]);
    expect(await command('export', '--before', next, '--to', file, '--json')).toMatchObject({
      code: 1,
      json: { code: 'place_taken' },
    });
  });

  it('whose file could not be written are not exported, and there is no part of a file', async () => {
    const before = (await api.get(`${EVENTS}?action=audit.export`)).body;
    const unwritten = join(folder, 'unwritten.jsonl');
    const args = [...programArguments('cli'), 'audit', 'export', '--before', '2099-01', '--to'];
    const limited = ['-c', 'ulimit -f 0; exec "$@"', 'sh', process.execPath, ...args, unwritten];
    const { PATH = '', HOME = '' } = process.env;
    const ended = await new Promise<{ code: unknown; errors: string }>((resolve) =>
      execFile('sh', limited, { env: { PATH, HOME, ...variables } }, (error, _, errors) =>
        resolve({ code: error?.code, errors }),
      ),
    );
    expect(ended).toEqual({ code: 1, errors: expect.stringContaining('EFBIG') });
    expect(readdirSync(folder)).toEqual([basename(file)]);
    expect((await api.get(`${EVENTS}?action=audit.export`)).body).toEqual(before);
  });

  it('are not said to be exported where there is none', async () => {
    const empty = join(folder, 'empty.jsonl');
    const ended = await command('export', '--before', '2020-01', '--to', empty);
    expect(ended).toMatchObject({ code: 0, output: `There is no month to export: ${empty} is empty.\n` });
  });

  it('are looked for by a command that is an event, whether there is one to drop or not', async () => {
    expect((await command('drop', '--json')).json).toMatchObject({ dropped: [] });
    expect((await api.get(`${EVENTS}?action=audit.drop`)).body).toMatchObject([{ outcome: 'done', changes: [] }]);
  });

  it('are dropped as they were exported, by partition, which stands in the trail', async () => {
    const app = await startApp();
    try {
      const operations = new Operations(app.app);
      const drop = async () => operations.run('audit drop', { before: '2020-02' }) as Promise<object>;
      await app.database.query(`SELECT make_audit_partitions('2020-01-01', 2)`);
      app.clock.set('2020-01-31T23:59:59Z');
      await app.api.post('/api/customers/', { name: 'Old' });
      app.clock.set('2020-02-01T00:00:00Z');
      await app.api.post('/api/customers/', { name: 'Kept' });
      app.clock.set(undefined);
      await expect(drop()).rejects.toThrow(AuditNotExportedError);

      const linesOf = async () => {
        const lines: string[] = [];
        const exported = (await operations.run('audit export', { before: '2020-02' })) as AsyncIterable<Buffer>;
        for await (const line of exported) lines.push(line.toString());
        return lines.map((line) => JSON.parse(line) as object);
      };
      expect(await linesOf()).toMatchObject([{ changes: [{ after: { name: 'Old' } }] }]);
      await expect(drop()).rejects.toThrow(AuditNotExportedError);
      await operations.run('audit exported', { months: [{ month: '2020-01', events: 1, changes: 1 }] });

      app.clock.set('2020-01-31T23:59:59Z');
      await app.api.post('/api/customers/', { name: 'Not exported' });
      app.clock.set(undefined);
      await expect(drop()).rejects.toThrow(AuditNotExportedError);
      const gone = { month: '2020-01', events: 2, changes: 2 };
      expect(await linesOf()).toHaveLength(gone.events);
      await operations.run('audit exported', { months: [gone] });
      expect(await drop()).toEqual({ before: '2020-02', dropped: [gone] });

      expect((await app.api.get(`${EVENTS}?created_before=2020-02-01`)).body).toEqual([]);
      expect((await app.api.get(`${EVENTS}?created_before=2020-03-01`)).body).toHaveLength(1);
      expect((await app.api.get(`${EVENTS}?action=audit.drop`)).body).toMatchObject([
        { actor: 'command line', changes: [{ operation: 'drop', before: gone, after: null }] },
      ]);
      const left = await app.database.query(`SELECT to_regclass('audit_event_2020_01') AS part`);
      expect(left).toEqual([{ part: null }]);
    } finally {
      await app.stop();
    }
  });

  it('bring all changes of an act into file and export, however many there are', async () => {
    const MANY = 12_000;
    const app = await startApp();
    try {
      await app.api.post('/api/customers/', { name: 'Before' });
      await app.database.query(
        `INSERT INTO customer (name) SELECT 'Organisation ' || n FROM generate_series(1, ${MANY}) AS n`,
      );
      await app.api.post('/api/customers/', { name: 'After' });
      const expected = ['After', ...Array.from({ length: MANY }, (_, i) => `Organisation ${i + 1}`), 'Before'].sort();
      const namesIn = (text: string) => [...text.matchAll(/"?"name"?"\s*:\s*"?"([^"]*)"/g)].map(([, name]) => name!);

      const { body: csv } = await app.api.get(`${EVENTS}?object_type=customer&format=csv`);
      expect(namesIn(String(csv)).sort()).toEqual(expected);

      const found: string[][] = [];
      const operations = new Operations(app.app);
      const lines = (await operations.run('audit export', { before: '2100-12' })) as AsyncIterable<Buffer>;
      for await (const line of lines) {
        const { changes, change_count } = JSON.parse(line.toString()) as { changes: Change[]; change_count: number };
        expect(changes).toHaveLength(change_count);
        found.push(changes.filter((change) => change.object_type === 'customer').map(({ after }) => after.name));
      }
      expect(found.filter((names) => names.length).map((names) => names.length)).toEqual([1, MANY, 1]);
      expect(found.flat().sort()).toEqual(expected);
    } finally {
      await app.stop();
    }
  });
});
