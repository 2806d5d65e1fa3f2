import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { ReadableNamingStrategy } from '../../src/database/naming.strategy.js';

const ROOM = /\.(repository|sql)\.ts$|^src\/database\//;
const SQL = /\bSELECT\s|\bINSERT INTO\s|\bUPDATE\s+\S+(\s+AS)?(\s+\w+)?\s+SET\s|\bDELETE FROM\s/;
const TABLE = /\b(?:FROM|JOIN|INTO|UPDATE)\s+"?(\w+)"?/g;
const SUBQUERY = /\b(\w+) AS (?:(?:NOT )?MATERIALIZED )?\(/g;
const LONGEST_LINE = 120;

/** Where tables of other features are read, and why they are not asked for through their service. */
const BORROWED: Readonly<Record<string, string>> = {
  // Lists are filtered and counted by account and mapping: one statement, however many records there are.
  'src/billing/consumption/consumption-records.repository.ts': 'arrow_settings customer_mapping',
  // A charge is written with the name of its resource, for a whole month in one statement.
  'src/billing/consumption/consumption.repository.ts': 'resource',
  'src/billing/statements/statement.sql.ts': 'resource',
  // Whether a month has to be looked at again: what changed since, found by the lines that it touches.
  'src/billing/operations/due-months.repository.ts': 'arrow_settings customer_mapping license_link resource',
  // Spend that no resource carries, counted and paged over all lines of a month.
  'src/billing/reports/report.sql.ts': 'resource',
  // Whether an entry of the history is still what the resource carries.
  'src/licenses/license-links.repository.ts': 'resource',
  // A file of very many rows is compared with its table, and written to it, in one statement; that table is named by the
  // kind of the file. That a plan is one of the row's offering is seen there too.
  'src/spreadsheets/import.sql.ts': 'plan',
  // Which charges are closed and what they were moved by, and what speaks against sending it: for all months at once.
  'src/waldur-charges/pushed-items.sql.ts': 'charge customer invoice_posting pending_posting plan resource',
  // Rows give their place to others with everything that names them, in one transaction; whether both were billed
  // decides whether they may.
  'src/moves/move.sql.ts': 'charge invoice plan project resource',
};

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((file) => `src/${file.replaceAll('\\', '/')}`)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.startsWith('src/database/migrations/'))
  .sort();

/** Texts that a program has in it, templates as they are written; and the names of the methods that it calls. */
function read(name: string, source = readFileSync(name, 'utf8')): { texts: string[]; calls: string[] } {
  const [texts, calls]: [string[], string[]] = [[], []];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) texts.push(node.getText());
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression))
      calls.push(node.expression.name.text);
    node.forEachChild(visit);
  };
  visit(ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true));
  return { texts, calls };
}

const asksDirectly = ({ texts, calls }: ReturnType<typeof read>) =>
  texts.some((text) => SQL.test(text)) || calls.some((call) => ['query', 'createQueryBuilder'].includes(call));

const featureOf = (file: string) => file.split('/')[1]!;

function ownersOfTables(): Map<string, string> {
  const strategy = new ReadableNamingStrategy();
  const entities = files.filter((file) => file.endsWith('.entity.ts'));
  return new Map(
    entities.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/^@Entity\((?:'(\w+)')?\)[^]*?^export class (\w+)/gm)].map(
        ([, given, name]) => [strategy.tableName(name!, given), featureOf(file)] as const,
      ),
    ),
  );
}

function borrowedTables(file: string, owners: ReadonlyMap<string, string>): string {
  const found = new Set<string>();
  for (const text of read(file).texts) {
    const own = new Set([...text.matchAll(SUBQUERY)].map(([, name]) => name));
    for (const [, table] of text.matchAll(TABLE)) {
      const owner = owners.get(table!);
      if (owner && owner !== featureOf(file) && !own.has(table)) found.add(table!);
    }
  }
  return [...found].sort().join(' ');
}

describe('SQL', () => {
  it('and query builders stand in repositories, *.sql.ts and src/database only', () => {
    expect(files.length).toBeGreaterThan(200);
    expect(files.filter((file) => !ROOM.test(file) && asksDirectly(read(file)))).toEqual([]);
  });

  it('names tables of its own feature only, where no reason is given', () => {
    const owners = ownersOfTables();
    expect(owners.get('resource')).toBe('directory');
    expect(owners.size).toBeGreaterThan(25);
    const borrowed = files
      .filter((file) => !file.startsWith('src/database/'))
      .map((file) => [file, borrowedTables(file, owners)] as const)
      .filter(([, tables]) => tables);
    expect(Object.fromEntries(borrowed)).toEqual(BORROWED);
  });

  it(`has no line of more than ${LONGEST_LINE} characters`, () => {
    const rooms = files.filter((file) => ROOM.test(file));
    const lines = rooms.flatMap((file) =>
      read(file)
        .texts.filter((text) => SQL.test(text))
        .join('\n')
        .split('\n'),
    );
    const tooLong = lines.filter((line) => line.length > LONGEST_LINE);
    expect(tooLong).toEqual([]);
  });

  it.each([
    ['await rows.query(text)', true],
    ["rows.createQueryBuilder('row')", true],
    ['const TEXT = `\n  UPDATE job_run job\n  SET state = 1`', true],
    ["const text = 'DELETE FROM customer'", true],
    ['const text = `SELECT ${column}`', true],
    ["const text = 'Select an update'", false],
    ['rows.find({ where: { uuid } })', false],
  ])('is recognised: %j', (source, isSql) => {
    expect(asksDirectly(read('sample.ts', source))).toBe(isSql);
  });
});
