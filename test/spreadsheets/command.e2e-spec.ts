import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiClient } from '../support/api-client.js';
import { STAFF_TOKEN } from '../support/app.js';
import { waldurArrow } from '../support/command-line.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { ServiceProcesses } from '../support/service-process.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

describe('waldur-arrow directory', () => {
  const processes = new ServiceProcesses();
  const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-sheets-'));
  let database: TestDatabase;
  let variables: Record<string, string>;
  let api: ApiClient;

  beforeAll(async () => {
    database = await createDatabase(TEST_DATABASE);
    variables = { ...database.variables, STAFF_TOKEN };
    api = await processes.start(variables).api(STAFF_TOKEN);
  });
  afterAll(async () => {
    await processes.end();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  const command = (...args: string[]) => waldurArrow(variables, 'directory', ...args);
  const written = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it('previews a file, applies it, and writes down what is refused', async () => {
    const file = written('organisations.csv', 'backend_id,name,country\ncli-1,One,EE\ncli-2,Two,EST\n');
    const preview = await command('import', file);
    expect(preview.code).toBe(1);
    expect(preview.output).toContain('organisations, read as utf-8: 1 new, 0 changed, 0 unchanged, 1 refused.');
    expect(preview.output).toContain('row 3, refused: country: Ensure this field has no more than 2 characters.');
    expect((await api.get('/api/customers/?backend_id=cli-1')).body).toEqual([]);

    const uuid = /directory apply (\S+) --skip-bad/.exec(preview.output)![1]!;
    expect((await command('apply', uuid)).errors).toContain('Rows that are refused: 1.');
    expect((await command('apply', uuid, '--skip-bad', '--json')).json).toMatchObject({ state: 'applied' });
    expect((await api.get('/api/customers/?backend_id=cli-1')).body).toMatchObject([{ name: 'One' }]);

    const refused = join(folder, 'refused.csv');
    expect((await command('refused', uuid, '--to', refused)).code).toBe(0);
    writeFileSync(refused, readFileSync(refused, 'utf8').replace('EST', 'EE'));
    const mended = await command('import', refused, '--kind', 'organisations', '--apply');
    expect([mended.code, mended.output]).toEqual([0, expect.stringContaining('It is done.')]);
  });

  it('prints templates, and needs to know what a file brings', async () => {
    expect((await command('template', 'projects')).output).toBe('uuid,backend_id,name,customer\r\n,P-1,Cloud,C-1001\n');
    expect((await command('import', written('x.csv', 'name\na'))).code).toBe(2);
    expect((await command('import', join(folder, 'projects-none.csv'))).errors).toContain('no such file');
  });

  it('says what moving would do, and does it; there is nowhere to move to without a Waldur', async () => {
    const inward = await command('move-in');
    expect([inward.code, inward.errors]).toEqual([1, expect.stringContaining('WALDUR_URL is not set')]);
    const outward = await command('move-out');
    expect([outward.code, outward.output]).toEqual([0, expect.stringContaining('customer: 0 would move')]);
    const uuid = /apply-move (\S+)/.exec(outward.output)![1]!;
    expect((await command('apply-move', uuid)).output).toContain('It is done.');
    expect((await command('apply-move', uuid)).errors).toContain('this one is applied');
    expect((await command('move-out', '--apply', '--json')).json).toMatchObject({ state: 'applied' });
  });
});
