import { startApp, STAFF_TOKEN, type TestApp } from '../support/app.js';
import { callOf, type FieldType, readContract, type Operation } from './contract.js';
import { ALLOWED_DIFFERENCES } from './deviations.js';
import { FILTERS, ORDERS } from './filters.js';
import { Wire } from './wire.js';
import { World, type Seeded } from './world.js';

const contract = readContract();
const lists = Object.entries(contract.operations).filter(
  ([, operation]) => callOf(operation).method === 'GET' && operation.headers?.includes('link'),
);
const NO_FILTERS = ['page', 'page_size', 'field', 'o'];
const queried = Object.entries(contract.operations).filter(
  ([, operation]) => callOf(operation).method === 'GET' && operation.query?.['page?'] !== undefined,
);
/** Every offering is for every project: see `docs/filters.md`. */
const NARROWS_NOTHING = ['marketplace_provider_offerings_list: project_uuid'];

/** Values that find nothing, or something only, by what a parameter asks for. */
function narrowingValues(name: string, type: FieldType): string[] {
  if (name === 'page') return ['99'];
  if (name === 'page_size') return ['1'];
  if (type === 'boolean') return ['true', 'false'];
  if (type === 'integer') return ['9'];
  if (type === 'uuid') return ['00000000-0000-4000-8000-000000000000'];
  if (type === 'uri') return ['https://waldur.example/nowhere/'];
  if (!/_period/.test(name)) return ['nobody'];
  const month = name.endsWith('_from') ? '2090-01' : '2001-01';
  return [type === 'date' || name.startsWith('billing') ? `${month}-01` : month];
}

/** The filters of a list that are not among the ones we leave out on purpose. */
function filtersOf(operationId: string, operation: Operation): string[] {
  return Object.keys(operation.query ?? {})
    .map((key) => key.replace('?', ''))
    .filter((key) => !NO_FILTERS.includes(key))
    .filter(
      (key) =>
        !ALLOWED_DIFFERENCES.some(({ difference }) => difference.test(`${operationId}: query ${key}: is missing`)),
    );
}

describe('Every list of the contract', () => {
  let app: TestApp;
  let world: World;
  let wire: Wire;

  beforeAll(async () => {
    app = await startApp();
    world = await World.furnish(app);
    wire = new Wire(app.url);
  });

  afterAll(async () => {
    wire?.close();
    world?.close();
    await app?.stop();
  });

  /** The rows a list has for a query, and whether HEAD counts the same. */
  const rowsOf = async (path: string, query: string) => {
    const headers = { authorization: `Token ${STAFF_TOKEN}` };
    const url = `${path}?page_size=300&${query}`;
    const [get, head] = [await wire.send('GET', url, { headers }), await wire.send('HEAD', url, { headers })];
    expect([get.status, head.status]).toEqual([200, 200]);
    const rows = JSON.parse(get.text) as Seeded[];
    expect([get.headers['x-result-count'], head.headers['x-result-count']]).toEqual(Array(2).fill(String(rows.length)));
    return rows;
  };

  it.each(lists)('%s has a case for each of its filters', (operationId, operation) => {
    expect(Object.keys(FILTERS[operationId] ?? {}).sort()).toEqual(filtersOf(operationId, operation).sort());
  });

  it.each(queried)('%s ignores no parameter that is documented', async (operationId, operation) => {
    const { path } = callOf(operation);
    const ask = async (query: string) => {
      const answer = await wire.send('GET', `${path}?${query}`, { headers: { authorization: `Token ${STAFF_TOKEN}` } });
      return [answer.status, answer.text, answer.headers.link];
    };
    const all = await ask('');
    expect(all[0]).toBe(200);
    for (const [key, type] of Object.entries(operation.query ?? {})) {
      const name = key.replace('?', '');
      if (['field', 'o'].includes(name) || NARROWS_NOTHING.includes(`${operationId}: ${name}`)) continue;
      const answers = await Promise.all(narrowingValues(name, type).map((value) => ask(`${name}=${value}`)));
      // A short list has one page, however few rows a page has: its links say so.
      const isOther = answers.some(([, text, link]) => text !== all[1] || (name === 'page_size' && link !== all[2]));
      expect([name, isOther]).toEqual([name, true]);
    }
  });

  const filters = lists.flatMap(([operationId, operation]) =>
    filtersOf(operationId, operation).map((filter) => [operationId, filter, callOf(operation).path] as const),
  );

  it.each(filters)('%s finds by %s what is asked for, and HEAD counts it', async (operationId, filter, path) => {
    const { some, none, all: every } = FILTERS[operationId]![filter]!(world);
    const all = (await rowsOf(path, '')).map(({ uuid }) => uuid);
    const found = (await rowsOf(path, `${filter}=${some}`)).map(({ uuid }) => uuid);
    expect(found.length).toBeGreaterThan(0);
    if (every) expect(found).toEqual(all);
    else expect(found.length).toBeLessThan(all.length);
    expect(all.filter((uuid) => found.includes(uuid))).toEqual(found);
    if (none !== undefined) {
      expect(await rowsOf(path, `${filter}=${none}`)).toEqual([]);
      return;
    }
    // A boolean parts the list in two.
    const others = (await rowsOf(path, `${filter}=${some === 'true' ? 'false' : 'true'}`)).map(({ uuid }) => uuid);
    expect([...found, ...others].sort()).toEqual([...all].sort());
  });

  it.each(lists)('%s comes in its documented order', async (operationId, operation) => {
    const rows = await rowsOf(callOf(operation).path, '');
    expect(rows.length).toBeGreaterThan(1);
    const keys = ORDERS[operationId]!;
    const compare = (a: Seeded, b: Seeded) => {
      for (const key of keys) {
        const [name, sign] = key.startsWith('-') ? [key.slice(1), -1] : [key, 1];
        const [one, other] = [String(a[name]), String(b[name])];
        if (one !== other) return one < other ? -sign : sign;
      }
      return 0;
    };
    expect(rows).toEqual([...rows].sort(compare));
    expect(rows.some((row, at) => at > 0 && compare(rows[at - 1]!, row) < 0)).toBe(true);
  });
});
