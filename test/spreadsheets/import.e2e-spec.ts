import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';
import { counts, IMPORTS, Sheets } from './sheets.js';

describe('A file that is imported', () => {
  let app: TestApp;
  let make: Builders;
  let sheets: Sheets;

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
    sheets = new Sheets(app);
  });
  afterAll(() => app?.stop());

  const named = async (path: string, name: string) =>
    (await app.api.get(`${path}?name_exact=${encodeURIComponent(name)}`)).body as Record<string, unknown>[];

  it('is previewed first, and changes nothing until it is applied', async () => {
    const old = await make.customer({ name: 'Before', backend_id: 'pre-1', email: 'a@b.example' });
    const same = await make.customer({ name: 'Same', registration_code: 'R-same' });
    const file = [
      'backend_id,registration_code,name,country',
      'pre-1,,After,ee',
      ',R-same,Same,',
      'pre-2,,New one,lv',
      'pre-3,,,EST',
    ].join('\n');
    const found = await sheets.preview('organisations', file);
    expect(found).toMatchObject({ state: 'previewed', encoding: 'utf-8', separator: ',' });
    expect(counts(found)).toEqual([1, 1, 1, 1]);
    const rows = await sheets.rows(found);
    expect(rows[0]).toMatchObject({ row: 2, outcome: 'changed', uuid: old.uuid });
    expect(rows[0].changes).toEqual([
      { column: 'name', old: 'Before', new: 'After' },
      { column: 'country', old: '', new: 'EE' },
    ]);
    expect(rows[1]).toMatchObject({ row: 3, outcome: 'unchanged', uuid: same.uuid, changes: [] });
    expect(rows[2]).toMatchObject({ row: 4, outcome: 'created' });
    expect(await sheets.faults(found)).toEqual([
      '5 name: This field may not be blank.',
      '5 country: Ensure this field has no more than 2 characters.',
    ]);
    expect(await named('/api/customers/', 'New one')).toEqual([]);

    const refused = await app.api.post(`${IMPORTS}${found.uuid}/apply/`, {});
    expect([refused.status, refused.body.code]).toEqual([409, 'import_has_refused_rows']);
    expect((await sheets.apply(found, true)).state).toBe('applied');
    expect(await named('/api/customers/', 'New one')).toMatchObject([{ uuid: rows[2].uuid, country: 'LV', email: '' }]);
    expect((await app.api.get(`/api/customers/${old.uuid}/`)).body).toMatchObject({
      name: 'After',
      country: 'EE',
      email: 'a@b.example',
    });
    const again = await app.api.post(`${IMPORTS}${found.uuid}/apply/`, { skip_bad: true });
    expect([again.status, again.body.code]).toEqual([409, 'import_not_ready']);
  });
});
