import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { csvLine } from '../../src/common/csv.js';
import { startApp, type TestApp } from '../support/app.js';
import { root } from '../support/databases.js';
import { counts, Sheets } from './sheets.js';

/** What the files in `libreoffice/` were made of: LibreOffice 7.4 opened an export and saved it under another name. */
const ROWS = [
  ['uuid', 'backend_id', 'name', 'abbreviation', 'native_name', 'email', 'registration_code', 'country'],
  [1, '00123', 'Põhjala Tehnika OÜ', '', '', 'it@pohjala.example', '0012345678', 'EE'],
  [2, '2026-01-02', '=1+1', 'A,B', 'Two\nlines', '', '12345678901234567890', 'EE'],
  [3, '1E5', '@home; "quoted"', 'true', ' led by a space', '', '1.50', ''],
  [4, '', "'apostrophe", '-3', '日本', '', '', 'LV'],
].map(([first, ...rest]) => [typeof first === 'number' ? uuidOf(first) : String(first), ...rest.map(String)]);

function uuidOf(digit: number): string {
  const of = (length: number) => String(digit).repeat(length);
  return `${of(8)}-${of(4)}-4${of(3)}-8${of(3)}-${of(12)}`;
}

describe('A file that LibreOffice has saved', () => {
  let app: TestApp;
  let sheets: Sheets;
  const saved = (name: string) => new Uint8Array(readFileSync(join(root, 'test/spreadsheets/libreoffice', name)));

  beforeAll(async () => {
    app = await startApp();
    sheets = new Sheets(app);
    const made = await sheets.import('organisations', ROWS.map((row) => csvLine(row)).join(''));
    expect([made.state, counts(made)]).toEqual(['applied', [4, 0, 0, 0]]);
  });
  afterAll(() => app?.stop());

  it.each(['organisations.xlsx', 'organisations.csv'])(
    'changes nothing where it was an export as XLSX: %s',
    async (name) => {
      const found = await sheets.preview('organisations', saved(name), name);
      expect([counts(found), await sheets.faults(found)]).toEqual([[0, 0, 4, 0], []]);
    },
  );

  it('comes in, goes out as XLSX and in again', async () => {
    await sheets.apply(await sheets.preview('organisations', saved('organisations.xlsx'), 'organisations.xlsx'));
    const found = await sheets.preview('organisations', await sheets.exported('organisations', 'format=xlsx'));
    expect(counts(found)).toEqual([0, 0, 4, 0]);
  });

  it('shows what LibreOffice took for numbers, where it opened a CSV and nobody said that all columns are texts', async () => {
    const found = await sheets.preview('organisations', saved('organisations-guessed.csv'));
    const rows = (await sheets.rows(found, 'changed')) as { row: number; changes: { column: string; new: string }[] }[];
    expect(rows.flatMap(({ row, changes }) => changes.map((change) => [row, change.column, change.new]))).toEqual([
      [2, 'backend_id', '123'],
      [2, 'registration_code', '12345678'],
      [3, 'registration_code', '1.23456789012346E+019'],
      [4, 'backend_id', '100000'],
      [4, 'abbreviation', 'TRUE'],
      [4, 'registration_code', '1.5'],
    ]);
  });
});
