import {
  arrowSpelling,
  normalizedReference,
  normalizeArrowReference,
} from '../../src/common/normalize-arrow-reference.js';
import { ResourcesService } from '../../src/directory/resources.service.js';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

const LETTERS = [
  'XSP',
  'xsp',
  'XsP',
  'xSp',
  'Xſp',
  'ＸＳＰ',
  'ｘｓｐ',
  'ХSP',
  'ΧSP',
  'XŞP',
  'xsр',
  'XS',
  'XSPX',
  'XSP-',
  'ARS-',
  '',
];
const NUMBERS = [
  '1',
  '007',
  '661245',
  '１２',
  '٣',
  '1२',
  '1a',
  '1.0',
  '-1',
  '+1',
  '1e3',
  '²',
  'Ⅻ',
  '9'.repeat(250),
  '',
];
const AROUND = [
  '',
  ' ',
  '\t',
  '\n',
  '\u00a0',
  '\u200b',
  '\u200d',
  '\ufeff',
  '\u00ad',
  '\u2060',
  '\u0301',
  '😀',
  '\r\nXSP1',
  'ı',
  'İ',
];

const SPELLINGS = LETTERS.flatMap((letters) =>
  NUMBERS.flatMap((number) => AROUND.flatMap((mark) => [`${letters}${number}${mark}`, `${mark}${letters}${number}`])),
);

describe('The spelling of a licence', () => {
  let app: TestApp;
  let make: Builders;

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
  });
  afterAll(() => app.stop());

  it('is read by the database and here as the same, whatever it is', async () => {
    const spellings = [...new Set(SPELLINGS)];
    // Compared there, as the embedded database's driver drops a byte order mark at the beginning of what it reads.
    const [row] = await app.database.query<{ compared: number; differing: string[] }[]>(
      `SELECT
         count(*)::integer AS compared,
         coalesce(array_agg(spelling) FILTER (WHERE ${normalizedReference('spelling')} <> expected), '{}') AS differing
       FROM unnest($1::text[], $2::text[]) AS each (spelling, expected)`,
      [spellings, spellings.map(arrowSpelling)],
    );
    expect(row).toEqual({ compared: spellings.length, differing: [] });
    expect(spellings.length).toBeGreaterThan(4_000);
    const whole = spellings.map(normalizeArrowReference);
    expect(whole.map(arrowSpelling)).toEqual(whole);
    expect(whole.map(normalizeArrowReference)).toEqual(whole);
  });

  it('is one whatever a resource carries it with that nobody sees', async () => {
    for (const [at, mark] of ['\u200b', '\ufeff', '\u00ad', '\u2060'].entries()) {
      const license = `XSP90${at}`;
      const project = (await make.project()).uuid;
      const pasted = await make.resource({ project, backend_id: `${mark}xsp90${at}${mark}` });
      expect(pasted.backend_id).toBe(`xsp90${at}`);
      const [link] = await app.app.get(ResourcesService).linksOf([license]);
      expect(link).toMatchObject({ resourceUuid: pasted.uuid, licenseReference: license });
      const other = await make.resource({ project });
      const set = `/api/marketplace-provider-resources/${other.uuid}/set_backend_id/`;
      const refused = await app.api.post(set, { backend_id: `${license}${mark}` });
      expect([refused.status, Object.keys(refused.body)]).toEqual([400, ['backend_id']]);
      expect((await app.api.post(set, { backend_id: ` ${mark} ` })).status).toBe(200);
    }
  });
});
