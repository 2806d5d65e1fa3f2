import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiClient } from '../support/api-client.js';
import { STAFF_TOKEN } from '../support/app.js';
import { waldurArrow } from '../support/command-line.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { ServiceProcesses } from '../support/service-process.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

const EVENTS = '/api/admin/arrow/audit-events/';
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
    expect((await api.post('/api/customers/', { name: 'Põhjala' })).status).toBe(201);
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
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ action: 'customer.create', changes: [{ after: { name: 'Põhjala' } }] });
    const { body } = await api.get(`${EVENTS}?action=audit.export`);
    expect(body).toMatchObject([
      {
        actor: 'command line',
        changes: [{ object_type: 'audit_month', after: { month: thisMonth, events: lines.length } }],
      },
    ]);
    expect((await command('export', '--before', next, '--to', file)).code).toBe(1);
  });

  it('are dropped with what was exported of them, which is an event too', async () => {
    const { json } = await command('drop', '--json');
    expect(json).toMatchObject({ dropped: [] });
    expect((await api.get(`${EVENTS}?action=audit.drop`)).body).toMatchObject([{ outcome: 'done', changes: [] }]);
  });
});
