import { Readable } from 'node:stream';
import { JobCancelledError } from '../../src/jobs/job.errors.js';
import { ImportsService } from '../../src/spreadsheets/imports.service.js';
import { SHEET_KINDS } from '../../src/spreadsheets/sheet-kind-names.js';
import { ImportNotReadyError } from '../../src/spreadsheets/spreadsheets.errors.js';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';
import { counts, IMPORTS, LISTS, Sheets } from './sheets.js';

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

  it('leaves alone what it has no column for, and empties what it has a blank cell for', async () => {
    const old = await make.customer({ name: 'Kept', backend_id: 'keep-1', email: 'keep@b.example', country: 'EE' });
    const found = await sheets.import('organisations', 'backend_id;name;country\r\nkeep-1;Kept;\r\n');
    expect([found.separator, ...counts(found)]).toEqual([';', 0, 1, 0, 0]);
    const { body } = await app.api.get(`/api/customers/${old.uuid}/`);
    expect(body).toMatchObject({ name: 'Kept', country: '', email: 'keep@b.example' });
  });

  it('finds objects by uuid, else backend_id, else registration code, and never by name alone', async () => {
    const [byUuid, byCode, other] = [
      await make.customer({ name: 'Keys uuid', backend_id: 'keys-1' }),
      await make.customer({ name: 'Keys code', registration_code: 'keys-code' }),
      await make.customer({ name: 'Keys branch', registration_code: 'keys-branch', backend_id: 'keys-b1' }),
    ];
    const file = [
      'uuid,backend_id,registration_code,name',
      `${byUuid.uuid.toUpperCase()},keys-9,,Keys uuid`,
      ',keys-2,keys-code,Keys code',
      ',keys-b2,keys-branch,Keys second branch',
      ',,,Keys uuid',
      '11111111-1111-4111-8111-111111111111,,,Keys own uuid',
      'nonsense,,,Keys wrong',
    ].join('\n');
    const found = await sheets.preview('organisations', file);
    const rows = (await sheets.rows(found)) as { outcome: string; uuid: string }[];
    expect(rows.map(({ outcome }) => outcome)).toEqual([
      'changed',
      'changed',
      'created',
      'refused',
      'created',
      'refused',
    ]);
    expect(rows.slice(0, 2).map(({ uuid }) => uuid)).toEqual([byUuid.uuid, byCode.uuid]);
    expect(rows[2]!.uuid).not.toBe(other.uuid);
    expect(rows[4]!.uuid).toBe('11111111-1111-4111-8111-111111111111');
    expect(await sheets.faults(found)).toEqual([
      '5 : This name is taken, and the row has no key: give the uuid of the one that is meant, or a key.',
      '7 uuid: Must be a valid UUID.',
    ]);
  });

  it('does not mean what is gone in a Waldur that was beside: its keys and name are free, and its uuid is refused', async () => {
    await sheets.import('organisations', 'backend_id,name\nGONE-1,Gone OÜ');
    const [gone] = (await app.api.get('/api/customers/?backend_id=GONE-1')).body;
    await app.database.query(`UPDATE customer SET owner = 'waldur', gone_at = now() WHERE uuid = $1`, [gone.uuid]);
    const named = await sheets.preview('projects', `backend_id,name,customer\nGP-1,Cloud,${gone.uuid}`);
    expect(await sheets.faults(named)).toEqual([
      `2 customer: There is no organisation with the uuid, backend_id or registration_code "${gone.uuid}".`,
    ]);
    const itself = await sheets.preview('organisations', `uuid,name\n${gone.uuid},Back OÜ`);
    expect(await sheets.faults(itself)).toEqual(['2 uuid: This organisation was of Waldur, and is gone there.']);
    expect(counts(await sheets.import('organisations', 'backend_id,name\nGONE-1,Gone OÜ'))).toEqual([1, 0, 0, 0]);
    expect((await app.api.get('/api/customers/?backend_id=GONE-1')).body).toHaveLength(1);
  });

  it('is refused where two rows mean the same object', async () => {
    const known = await make.customer({ backend_id: 'twice-1' });
    const file = [
      'uuid,backend_id,registration_code,name',
      `${known.uuid},,,One`,
      ',twice-1,,Two',
      ',twice-2,,Three',
      ',twice-2,,Four',
      ',twice-5,twice-r,Five',
      ',,twice-r,Six',
    ].join('\n');
    expect(await sheets.faults(await sheets.preview('organisations', file))).toEqual([
      '2 : Row 3 has the same object.',
      '3 : Row 2 has the same object.',
      '4 : Row 5 has the same backend_id.',
      '5 : Row 4 has the same backend_id.',
      '6 : Row 7 has the same registration_code.',
      '7 : Row 6 has the same registration_code.',
    ]);
  });

  it('names other objects by uuid, hyperlink or key', async () => {
    const customer = await make.customer({ backend_id: 'ref-c', registration_code: 'ref-r' });
    await make.customer({ backend_id: 'ref-many' });
    await make.customer({ backend_id: 'ref-many' });
    const file = [
      'backend_id,name,customer',
      `ref-p1,One,${customer.uuid}`,
      `ref-p2,Two,${customer.url}`,
      'ref-p3,Three,ref-c',
      'ref-p4,Four,ref-r',
      'ref-p5,Five,nobody',
      'ref-p6,Six,ref-many',
      'ref-p7,Seven,',
    ].join('\n');
    const found = await sheets.preview('projects', file);
    expect(await sheets.faults(found)).toEqual([
      '6 customer: There is no organisation with the uuid, backend_id or registration_code "nobody".',
      '7 customer: More than one organisation is meant by "ref-many": give its uuid.',
      '8 customer: This field is required.',
    ]);
    await sheets.apply(found, true);
    const { body } = await app.api.get(`/api/projects/?customer=${customer.uuid}&page_size=10`);
    expect(body.map(({ name }: { name: string }) => name).sort()).toEqual(['Four', 'One', 'Three', 'Two']);
  });

  it('brings offerings and their plans in one file, in any order', async () => {
    const file = [
      'backend_id,name,type,offering,unit',
      ',Monthly,,off-1,',
      'off-1,Azure,,,',
      ',Yearly,,off-1,quarter',
      ',Lost,,off-none,',
      'off-2,,,,',
      ',Of refused,,off-2,',
    ].join('\n');
    const found = await sheets.preview('offerings', file);
    expect(await sheets.faults(found)).toEqual([
      '5 offering: There is no offering with the uuid or backend_id "off-none".',
      '6 name: This field may not be blank.',
      '7 offering: There is no offering with the uuid or backend_id "off-2".',
    ]);
    await sheets.apply(found, true);
    const [offering] = await named('/api/marketplace-provider-offerings/', 'Azure');
    expect(offering).toMatchObject({ type: 'Marketplace.Basic', state: 'Active' });
    expect((offering!.plans as { name: string }[]).map(({ name }) => name).sort()).toEqual(['Monthly', 'Yearly']);
    expect(counts(await sheets.preview('offerings', file))).toEqual([0, 0, 3, 3]);
  });

  it('brings resources by the rules of the API', async () => {
    const [project, offering] = [
      await make.project({ backend_id: 'res-p' }),
      await make.offering({ backend_id: 'res-o' }),
    ];
    const [plan, foreign] = [await make.plan({ offering: offering.uuid }), await make.plan()];
    const held = await make.resource({ backend_id: 'XSP-held' });
    const live = await make.resource({ backend_id: 'XSP-live' });
    const file = [
      'uuid,backend_id,name,project,offering,plan,state',
      `,XSP-1,One,res-p,res-o,${plan.uuid},`,
      `,XSP-2,Two,${project.uuid},res-o,${foreign.uuid},OK`,
      `${held.uuid},XSP-live,Held,,,,`,
      `,XSP-live,Live,res-p,,,Erred`,
      ',XSP-3,Three,res-p,res-o,,Nonsense',
    ].join('\n');
    const found = await sheets.preview('resources', file);
    expect(await sheets.faults(found)).toEqual([
      '3 plan: Plan must belong to the selected offering.',
      '4 : Row 5 has the same backend_id.',
      '4 backend_id: Another live resource has this licence.',
      '5 project: A resource keeps its project: this cannot be changed.',
      '5 : Row 4 has the same backend_id.',
      '6 state: "Nonsense" is not a valid choice.',
    ]);
    await sheets.apply(found, true);
    const [one] = await named('/api/marketplace-resources/', 'One');
    expect(one).toMatchObject({ backend_id: 'XSP-1', plan_uuid: plan.uuid, state: 'OK' });
    expect((await app.api.get(`/api/marketplace-resources/${live.uuid}/`)).body.state).toBe('OK');
  });

  it('brings mappings of customers and vendors', async () => {
    const settings = await make.settings();
    await make.customer({ backend_id: 'map-c', name: 'Mapped' });
    const offering = await make.offering({ backend_id: 'map-o' });
    const customers = ['settings,arrow_reference,waldur_customer', `${settings.uuid},xsp77,map-c`].join('\n');
    expect(counts(await sheets.import('customer-mappings', customers))).toEqual([1, 0, 0, 0]);
    const { body } = await app.api.get('/api/admin/arrow/customer-mappings/?arrow_reference=XSP77');
    expect(body).toMatchObject([{ arrow_reference: 'XSP77', waldur_customer_name: 'Mapped', is_active: true }]);
    const off = customers.replace('\n', ',is_active\n') + ',no';
    expect(counts(await sheets.import('customer-mappings', off))).toEqual([0, 1, 0, 0]);
    const vendors = ['settings,arrow_vendor_name,offering', `${settings.url},Microsoft,map-o`].join('\n');
    expect(counts(await sheets.import('vendor-offering-mappings', vendors))).toEqual([1, 0, 0, 0]);
    const mapped = await app.api.get('/api/admin/arrow/vendor-offering-mappings/');
    expect(mapped.body).toMatchObject([{ offering: offering.uuid, arrow_vendor_name: 'Microsoft' }]);
  });

  it('is not applied where the data moved since its preview', async () => {
    const old = await make.customer({ name: 'Moves', backend_id: 'moves-1' });
    const found = await sheets.preview('organisations', 'backend_id,name\nmoves-1,Moved\nmoves-2,New');
    await app.api.patch(`/api/customers/${old.uuid}/`, { name: 'Meanwhile' });
    const applied = await sheets.apply(found);
    expect(applied.job).toMatchObject({ state: 'failed', error_code: 'import_outdated' });
    expect(applied).toMatchObject({
      state: 'failed',
      problem: expect.stringContaining('has changed since the preview'),
    });
    expect((await app.api.get(`/api/customers/${old.uuid}/`)).body.name).toBe('Meanwhile');
    expect((await app.api.get('/api/customers/?backend_id=moves-2')).body).toEqual([]);
  });

  it('is applied once, where two of the same are previewed and applied at once', async () => {
    const file = 'backend_id,name\nat-once-1,One\nat-once-2,Two';
    const both = await Promise.all([sheets.preview('organisations', file), sheets.preview('organisations', file)]);
    const ends = await Promise.all(both.map((each) => sheets.apply(each)));
    expect(ends.map(({ state }) => state).sort()).toEqual(['applied', 'failed']);
    expect((await app.api.get('/api/customers/?backend_id=at-once-1')).body).toHaveLength(1);
  });

  it('gives its refused rows back as a file that can be mended and fed again', async () => {
    const file = 'Backend_ID;Name;Country;Remark\nmend-1;Good;EE;x\nmend-2;"Semi;colon";EST;=1+1\n';
    const found = await sheets.import('organisations', file, true);
    expect(found.ignored_columns).toEqual(['Remark']);
    const { body } = await app.api.get(`${IMPORTS}${found.uuid}/refused/`);
    const sentence = 'country: Ensure this field has no more than 2 characters.';
    expect(body).toBe(`Backend_ID,Name,Country,Remark,refused\r\nmend-2,Semi;colon,EST,'=1+1,${sentence}\r\n`);
    const mended = await sheets.import('organisations', body.replace('EST', 'EE'));
    expect([mended.state, ...counts(mended)]).toEqual(['applied', 1, 0, 0, 0]);
    expect(mended.ignored_columns).toEqual(['Remark']);
  });

  it('gives refused rows back with nothing changed and nothing lost, however often they are fed', async () => {
    const file = [
      'backend_id,name,abbreviation,country',
      "back-1,'@home,'=2,EST",
      "back-2,@work,''=x,EST",
      'back-3,Foo, Bar OÜ,,EE',
    ].join('\r\n');
    const refusedOf = async ({ uuid }: { uuid: string }) =>
      (await app.api.get(`${IMPORTS}${uuid}/refused/`)).body as string;
    const first = await sheets.preview('organisations', file);
    expect(counts(first)).toEqual([0, 0, 0, 3]);
    const once = await refusedOf(first);
    const second = await sheets.preview('organisations', once);
    expect(counts(second)).toEqual([0, 0, 0, 3]);
    expect((await refusedOf(second)).replace('6 cells, the header 5', '5 cells, the header 4')).toBe(once);
    const mended = once.replaceAll('EST', 'EE').replace(/Foo, Bar OÜ,,([^\r]*),EE/, '"Foo, Bar OÜ",,EE,$1');
    expect(counts(await sheets.import('organisations', mended))).toEqual([3, 0, 0, 0]);
    const made = async (backendId: string) => {
      const [row] = (await app.api.get(`/api/customers/?backend_id=${backendId}`)).body;
      return [row.name, row.abbreviation, row.country];
    };
    expect(await made('back-1')).toEqual(['@home', '=2', 'EE']);
    expect(await made('back-2')).toEqual(['@work', "'=x", 'EE']);
    expect(await made('back-3')).toEqual(['Foo, Bar OÜ', '', 'EE']);
  });

  it('may have line ends of several kinds, as where rows were added to it', async () => {
    const found = await sheets.preview('organisations', 'name,country\r\nEnds one,EE\nEnds two,LV\rEnds three,LT\r\n');
    expect([...counts(found), await sheets.faults(found)]).toEqual([3, 0, 0, 0, []]);
  });

  it.each([
    ['UTF-8 with a mark at its start', 'utf-8', Buffer.from('\ufeffbackend_id,name\nenc-1,Põhjala')],
    ['UTF-8 without', 'utf-8', Buffer.from('backend_id,name\nenc-1,Põhjala')],
    ['Windows-1252', 'windows-1252', Buffer.from('backend_id\tname\nenc-1\tPõhjala', 'latin1')],
    ['UTF-16', 'utf-16le', Buffer.from('\ufeffsep=;\r\nbackend_id;name\r\nenc-1;Põhjala', 'utf16le')],
    ['UTF-16 of the other order', 'utf-16be', Buffer.from('\ufeffbackend_id;name\nenc-1;Põhjala', 'utf16le').swap16()],
  ])('is read in %s, and that is said', async (_, encoding, file) => {
    const found = await sheets.preview('organisations', new Uint8Array(file));
    expect(found.encoding).toBe(encoding);
    const [row] = await sheets.rows(found);
    expect(row.changes).toContainEqual({ column: 'name', old: null, new: 'Põhjala' });
  });

  it.each([
    ['nothing', '', 'The file is empty.'],
    ['a picture', '\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'This is neither a CSV nor an XLSX file.'],
    ['an old Excel file', Buffer.from('d0cf11e0a1b11ae1', 'hex'), /save it as \.xlsx or as CSV/],
  ])('is refused at once where it is %s', async (_, file, sentence) => {
    const answer = await sheets.send('organisations', typeof file === 'string' ? file : new Uint8Array(file));
    expect([answer.status, answer.body.code]).toEqual([400, 'unreadable_sheet']);
    expect(answer.body.detail).toEqual(typeof sentence === 'string' ? sentence : expect.stringMatching(sentence));
  });

  it.each([
    ['another table', 'colour,size\nred,3', /^The first row has to name columns, and names none/],
    ['a column twice', 'name,name\na,b', 'The column name is there twice.'],
    ['an open quote', 'name,country\n"open,EE\nb,EE', /^The file cannot be read from row 2 on: a quote/],
  ])('has failed where it is %s', async (_, file, sentence) => {
    const found = await sheets.preview('organisations', file);
    expect(found.state).toBe('failed');
    expect(found.job.error_code).toBe('unreadable_sheet');
    expect(found.problem).toEqual(typeof sentence === 'string' ? sentence : expect.stringMatching(sentence));
  });

  it('needs a kind, a file and multipart', async () => {
    expect((await sheets.send('colours', 'name\na')).body).toEqual({ kind: ['"colours" is not a valid choice.'] });
    expect((await sheets.send(undefined, 'name\na')).body).toEqual({ kind: ['This field is required.'] });
    expect((await app.api.post(IMPORTS, { kind: 'projects' })).status).toBe(415);
    const headers = { 'Content-Type': 'multipart/form-data; boundary=x' };
    const without = '--x\r\nContent-Disposition: form-data; name="kind"\r\n\r\nprojects\r\n--x--\r\n';
    expect((await app.api.post(IMPORTS, without, headers)).body).toEqual({ file: ['No file was submitted.'] });
    const broken = await app.api.post(
      IMPORTS,
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a"',
      headers,
    );
    expect(broken.status).toBe(400);
    const part = (what: string, content: string) =>
      `--x\r\nContent-Disposition: form-data; ${what}\r\n\r\n${content}\r\n`;
    const named = `${part('name="kind"', 'organisations')}${part('name="file"; filename="a\0b.csv"', 'name')}--x--\r\n`;
    const { status, body } = await app.api.post(IMPORTS, named, headers);
    expect([status, body.file_name]).toEqual([202, 'ab.csv']);
  });

  it('says which rows have more cells than the header, and passes over blank ones', async () => {
    const found = await sheets.preview('organisations', 'backend_id,name\n\nlong-1,One,Two,\nlong-2,Three,,\n,\n');
    expect(await sheets.faults(found)).toEqual(['3 : The row has 4 cells, the header 2.']);
    expect(counts(found)).toEqual([1, 0, 0, 1]);
  });

  it('that is cancelled half way changes nothing, and can be taken up again', async () => {
    const imports = app.app.get(ImportsService, { strict: false });
    const rows = Array.from({ length: 3_000 }, (_, row) => `cancel-${row},Row ${row}`);
    const kept = await imports.keep(Readable.from([Buffer.from(['backend_id,name', ...rows].join('\n'))]));
    await imports.accept(kept, { kind: 'organisations', fileName: 'a.csv', requestedBy: 'admin' });
    const progress = (step: string, done: number) =>
      done >= 2_000 ? Promise.reject(new JobCancelledError()) : Promise.resolve();
    await expect(imports.preview(kept.uuid, { progress })).rejects.toThrow(JobCancelledError);
    expect((await imports.get(kept.uuid)).state).toBe('uploaded');
    await expect(imports.startApply(kept.uuid, false, 'admin')).rejects.toThrow(ImportNotReadyError);

    const goOn = { progress: () => Promise.resolve() };
    expect(await imports.preview(kept.uuid, goOn)).toMatchObject({ created: 3_000, refused: 0 });
    const signal = AbortSignal.abort(new JobCancelledError());
    await expect(imports.write(kept.uuid, false, { ...goOn, signal })).rejects.toThrow(JobCancelledError);
    expect((await app.api.get('/api/customers/?backend_id=cancel-1')).body).toEqual([]);
    await imports.write(kept.uuid, false, goOn);
    expect((await app.api.get('/api/customers/?backend_id=cancel-1')).body).toHaveLength(1);
  });

  it('whose job is killed after its work and before its end is not previewed or applied a second time', async () => {
    const imports = app.app.get(ImportsService, { strict: false });
    const found = await sheets.preview('organisations', 'backend_id,name\nkilled-1,Killed');
    const again = { progress: () => Promise.resolve() };
    expect(await imports.preview(found.uuid, again)).toMatchObject({ created: 1 });
    expect(await sheets.rows(found)).toHaveLength(1);
    const applied = await sheets.apply(found);
    const ofJob = { ...again, run: applied.job };
    expect(await imports.write(found.uuid, false, ofJob)).toMatchObject({ created: 1 });
    expect(await imports.preview(found.uuid, again)).toMatchObject({ created: 1 });
    expect((await imports.get(found.uuid)).state).toBe('applied');
    await expect(imports.write(found.uuid, false, again)).rejects.toThrow(ImportNotReadyError);
    expect((await app.api.get('/api/customers/?backend_id=killed-1')).body).toHaveLength(1);
  });

  it('of long ago is kept for as long as it is being applied, though another is uploaded meanwhile', async () => {
    // On the embedded database one thing happens after the other.
    if (app.kind === 'pglite') return;
    const file = 'backend_id,name\nold-1,Old one\n';
    const found = await sheets.preview('organisations', file);
    const rows = await sheets.rows(found);
    await app.database.query(`UPDATE sheet_import SET created = '2025-01-01' WHERE uuid = $1`, [found.uuid]);
    await app.database.transaction(async (manager) => {
      await manager.query('SELECT FROM sheet_import WHERE uuid = $1 FOR UPDATE', [found.uuid]);
      expect((await sheets.preview('organisations', file)).state).toBe('previewed');
    });
    expect(await sheets.rows(found)).toEqual(rows);
    await sheets.preview('organisations', file);
    expect((await app.api.get(`${IMPORTS}${found.uuid}/`)).status).toBe(404);
  });

  it('has a template for every kind', async () => {
    for (const kind of SHEET_KINDS) {
      const { status, body } = await app.api.get(`/api/admin/arrow/directory/template/${kind}/`);
      expect([status, body.split('\r\n').length]).toEqual([200, 3]);
      expect((await sheets.preview(kind, body)).state).toBe('previewed');
    }
    expect((await app.api.get('/api/admin/arrow/directory/template/colours/')).status).toBe(404);
  });

  it('is exported again without a change, whatever its texts are', async () => {
    const texts = [
      '=1+1',
      "'=2",
      '+372 5555',
      '-3',
      '-3+4',
      'a;=5',
      '"quoted", and',
      'two\nlines',
      "'plain",
      "''=x",
      '＝1',
      ' x',
    ];
    const offering = await make.offering({ backend_id: 'trip-o' });
    const customer = await make.customer({ name: 'Trip', backend_id: 'trip', native_name: '@x' });
    await make.plan({ offering: offering.uuid, name: '=plan' });
    for (const name of texts) {
      await make.customer({ name });
      const project = await make.project({ name, customer: customer.uuid });
      await make.resource({ name, project: project.uuid, offering: offering.uuid });
    }
    for (const kind of SHEET_KINDS) {
      const { body, headers } = await app.api.get(`${LISTS[kind]}?format=csv`);
      expect(headers.get('content-disposition')).toBe(`attachment; filename="${kind}.csv"`);
      expect(body).not.toMatch(/(^|,|\n)"?[=+@]/);
      const found = await sheets.preview(kind, body);
      const [created, changed, unchanged, refused] = counts(found);
      expect([kind, created, changed, refused, await sheets.faults(found)]).toEqual([kind, 0, 0, 0, []]);
      expect(unchanged).toBeGreaterThan(0);
    }
    const { body } = await app.api.get('/api/customers/?format=csv&backend_id=trip');
    expect(body.split('\r\n')).toHaveLength(3);
    expect((await app.api.get('/api/customers/?format=pdf')).status).toBe(400);
  });
});
