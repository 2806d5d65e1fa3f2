import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';
import { counts, IMPORTS, Sheets } from './sheets.js';

const WORKBOOK = '<workbook><sheets><sheet name="A" r:id="r2" xmlns:r="x"/></sheets></workbook>';
const RELATIONS =
  '<Relationships><Relationship Id="r1" Target="worksheets/a.xml"/><Relationship Id="r2" Target="/xl/worksheets/b.xml"/></Relationships>';

/** A zip archive of these parts. */
async function zipOf(parts: Record<string, string | Buffer>): Promise<Uint8Array<ArrayBuffer>> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(parts)) zip.addBuffer(Buffer.from(content), name);
  zip.end();
  return new Uint8Array(await buffer(zip.outputStream));
}

const workbookOf = (sheet: string | Buffer, more: Record<string, string | Buffer> = {}) =>
  zipOf({
    'xl/workbook.xml': WORKBOOK,
    'xl/_rels/workbook.xml.rels': RELATIONS,
    'xl/worksheets/b.xml': sheet,
    ...more,
  });

describe('An XLSX file', () => {
  let app: TestApp;
  let make: Builders;
  let sheets: Sheets;

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
    sheets = new Sheets(app);
  });
  afterAll(() => app?.stop());

  it('is exported, and imported again without a change, whatever its texts are', async () => {
    const texts = ['=1+1', "'=2", '+372', '<b>&"', 'two\r\nlines', '_x000D_', 'Põhjala 日本 😀', '007', '-5'];
    for (const name of texts) await make.customer({ name, backend_id: `x${texts.indexOf(name)}` });
    const found = await sheets.preview('organisations', await sheets.exported('organisations', 'format=xlsx'));
    expect(found).toMatchObject({ encoding: 'xlsx', separator: '', problem: '' });
    expect([...counts(found), await sheets.faults(found)]).toEqual([0, 0, texts.length, 0, []]);
  });

  it('is read as spreadsheet programs write it: its first sheet, shared texts, numbers, and what formulas came to', async () => {
    const sheet = `<x:worksheet xmlns:x="m"><x:sheetData>
      <x:row r="1"><x:c r="A1" t="s"><x:v>0</x:v></x:c><x:c r="B1" t="s"><x:v>1</x:v></x:c><x:c r="D1" t="inlineStr"><x:is><x:t>name</x:t></x:is></x:c></x:row>
      <x:row r="4"><x:c r="A4"><x:v>1234567</x:v></x:c><x:c r="B4"><x:v>1.0000001E7</x:v></x:c><x:c r="D4" t="str"><x:f>1+CMD()</x:f><x:v>=Came out</x:v></x:c></x:row>
    </x:sheetData></x:worksheet>`;
    const strings = '<sst><si><t>backend_id</t></si><si><r><t>registration</t></r><r><t>_code</t></r></si></sst>';
    const file = await workbookOf(sheet, {
      'xl/worksheets/a.xml': '<worksheet/>',
      'xl/sharedStrings.xml': strings,
    });
    const [row] = await sheets.rows(await sheets.preview('organisations', file));
    expect([row.row, row.changes]).toEqual([
      4,
      [
        { column: 'backend_id', old: null, new: '1234567' },
        { column: 'name', old: null, new: '=Came out' },
        { column: 'registration_code', old: null, new: '10000001' },
      ],
    ]);
  });

  it('is read without how its texts are pronounced, with texts that are marked as such, and without what cannot be stored', async () => {
    const sheet = `<worksheet><sheetData>
      <row r="1"><c t="inlineStr"><is><t>name</t></is></c><c t="inlineStr"><is><t>customer</t></is></c></row>
      <row r="2"><c t="s"><v>0</v></c><c t="inlineStr"><is><t>no_x0000_body_xD800_</t></is></c></row>
      <row><c t="inlineStr"><is><t><![CDATA[A & B]]></t></is></c><c t="inlineStr"><is><t>_x0000_</t></is></c></row>
    </sheetData></worksheet>`;
    const strings = '<sst><si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si></sst>';
    const found = await sheets.preview('projects', await workbookOf(sheet, { 'xl/sharedStrings.xml': strings }));
    const rows = (await sheets.rows(found)) as { row: number }[];
    expect(rows.map(({ row }) => row)).toEqual([2, 3]);
    const refused = (await app.api.get(`${IMPORTS}${found.uuid}/refused/`)).body as string;
    expect(refused.split('\r\n').slice(1, 3)).toEqual([
      expect.stringMatching(/^東京,nobody\ufffd,/),
      expect.stringMatching(/^A & B,,/),
    ]);
  });

  it('is refused where a formula failed, and not taken for the text of the fault', async () => {
    const text = (value: string) => `<c t="inlineStr"><is><t>${value}</t></is></c>`;
    const failed = (fault: string) => `<c t="e"><f>VLOOKUP(1)</f><v>${fault}</v></c>`;
    const sheet = `<worksheet><sheetData>
      <row>${text('name')}${text('country')}${text('Remark')}</row>
      <row>${failed('#N/A')}${text('EE')}</row>
      <row>${text('Saare Kalur AS')}${failed('#REF!')}${failed('#DIV/0!')}</row>
      <row>${text('Err:502')}</row>
      <row>${text('#NAME! Design OÜ')}${text('EE')}${failed('#NUM!')}</row>
    </sheetData></worksheet>`;
    const found = await sheets.preview('organisations', await workbookOf(sheet));
    const failedAt = (row: number, column: string, fault: string) =>
      `${row} ${column}: A formula came to ${fault} here: mend it, write its value, or leave the cell blank.`;
    expect(await sheets.faults(found)).toEqual([
      failedAt(2, 'name', '#N/A'),
      failedAt(3, 'country', '#REF!'),
      failedAt(4, 'name', 'Err:502'),
    ]);
    expect(found.rows_created).toBe(1);
  });

  it.each(['1', '0', '-1', '1.5', '1048577', '4294967298', '1e400', 'x'])(
    'is refused where a row has the number %s after the first',
    async (number) => {
      const row = (said: string, text: string) => `<row r="${said}"><c t="inlineStr"><is><t>${text}</t></is></c></row>`;
      const sheet = `<worksheet><sheetData>${row('1', 'name')}${row(number, 'One')}</sheetData></worksheet>`;
      const found = await sheets.preview('organisations', await workbookOf(sheet));
      expect([found.state, found.problem]).toEqual([
        'failed',
        `After row 1 of the sheet comes one with the number "${number}".`,
      ]);
    },
  );

  it.each([
    ['no workbook', () => zipOf({ 'a.txt': 'x' }), 'This is a zip archive, and no XLSX file.'],
    ['broken XML', () => workbookOf('<worksheet><sheetData><row></c>'), /^The XLSX file cannot be read: /],
    [
      'no zip archive after its first bytes',
      () => Promise.resolve(new Uint8Array(Buffer.from('PK\x03\x04 and more'))),
      /cannot be read/,
    ],
    [
      'a bomb',
      () => workbookOf(Buffer.alloc(201 * 1_048_576, ' ')),
      'The file unpacks to more than 200 MB: save it as CSV.',
    ],
    [
      'a bomb that says less of itself',
      async () => {
        const file = Buffer.from(await workbookOf(Buffer.alloc(150 * 1_048_576, ' ')));
        const size = Buffer.alloc(4);
        size.writeUInt32LE(150 * 1_048_576);
        for (let at = file.indexOf(size); at >= 0; at = file.indexOf(size, at + 1)) file.writeUInt32LE(1000, at);
        return new Uint8Array(file);
      },
      /cannot be read/,
    ],
  ])('is refused where it is %s', async (_, file, sentence) => {
    const found = await sheets.preview('organisations', await file());
    expect(found.state).toBe('failed');
    expect(found.problem).toEqual(typeof sentence === 'string' ? sentence : expect.stringMatching(sentence));
  });

  it('has 20 MB at most', async () => {
    const file = Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(20_971_520, 7)]);
    const answer = await sheets.send('organisations', new Uint8Array(file));
    expect([answer.status, answer.body.detail]).toEqual([400, 'An XLSX file may have 20 MB: save it as CSV.']);
  });
});
