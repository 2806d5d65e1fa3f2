import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { neutralised } from '../common/csv.js';

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const OPEN = 'http://schemas.openxmlformats.org';
const RELATIONS = `${OPEN}/officeDocument/2006/relationships`;
const MAIN = `${OPEN}/spreadsheetml/2006/main`;
const KIND = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

/** The parts of a workbook that has one sheet, besides that. */
const PARTS: Readonly<Record<string, string>> = {
  '[Content_Types].xml': `<Types xmlns="${OPEN}/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType="${KIND}.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="${KIND}.worksheet+xml"/>
</Types>`,
  '_rels/.rels': `<Relationships xmlns="${OPEN}/package/2006/relationships">
<Relationship Id="rId1" Type="${RELATIONS}/officeDocument" Target="xl/workbook.xml"/>
</Relationships>`,
  'xl/workbook.xml': `<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}">
<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets>
</workbook>`,
  'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${OPEN}/package/2006/relationships">
<Relationship Id="rId1" Type="${RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>
</Relationships>`,
};

/** A workbook of one sheet whose cells are all texts; made while it is read. */
export function writeXlsx(rows: AsyncIterable<readonly string[]>): Readable {
  const zip = new ZipFile();
  for (const [name, xml] of Object.entries(PARTS)) zip.addBuffer(Buffer.from(XML + xml), name);
  const sheet = Readable.from(sheetOf(rows), { objectMode: false });
  zip.addReadStream(sheet, 'xl/worksheets/sheet1.xml');
  zip.end();
  const file = zip.outputStream as Readable;
  sheet.once('error', (error) => file.destroy(error));
  file.once('close', () => sheet.destroy());
  return file;
}

async function* sheetOf(rows: AsyncIterable<readonly string[]>): AsyncGenerator<string> {
  yield `${XML}<worksheet xmlns="${MAIN}"><sheetData>`;
  for await (const row of rows) yield `<row>${row.map(cell).join('')}</row>`;
  yield '</sheetData></worksheet>';
}

const cell = (text: string) =>
  text ? `<c t="inlineStr"><is><t xml:space="preserve">${escaped(neutralised(text))}</t></is></c>` : '<c/>';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** What XML cannot have, or would change, stands as `_x000D_`. */
function escaped(text: string): string {
  return text
    .replaceAll(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
    .replaceAll(/[&<>]/g, (char) => ENTITIES[char]!)
    .replaceAll(
      // eslint-disable-next-line no-control-regex
      /[\x00-\x08\x0b-\x1f\ufffe\uffff]/g,
      (char) => `_x${char.charCodeAt(0).toString(16).padStart(4, '0')}_`,
    );
}
