import { text } from 'node:stream/consumers';
import { fromBufferPromise } from 'yauzl';
import { STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';

const UUID = /\b[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\b/g;
/** What people and ArrowSphere call things is not ours to spell. */
const LICENSE = '6f1c2a7e-0b1d-4c56-9f0e-3a1b2c3d4e5f';
const NAME = '00000000-0000-4000-8000-00000000beef';
const ROUNDS = 5;

/** The text of the sheet of a workbook. */
async function sheetOf(workbook: Buffer): Promise<string> {
  const zip = await fromBufferPromise(workbook);
  for await (const entry of zip.eachEntry())
    if (entry.fileName.includes('sheet1')) return text(await zip.openReadStreamPromise(entry));
  throw new Error('The workbook has no sheet.');
}

interface Served {
  readonly app: TestApp;
  readonly ask: readonly { readonly path: string; readonly body?: object; readonly acting?: string }[];
}

/** A resource, and what can be asked for about it: lists, files, objects, headers, and refusals that name it. */
async function furnished(app: TestApp): Promise<Served> {
  const make = async (path: string, body: object) => (await app.api.post(path, body)).body as { uuid: string };
  const customer = await make('/api/customers/', { name: NAME });
  const project = await make('/api/projects/', { name: 'P', customer: customer.uuid });
  const offering = await make('/api/marketplace-provider-offerings/', { name: 'O', customer: customer.uuid });
  const resource = { name: NAME, project: project.uuid, offering: offering.uuid, backend_id: LICENSE };
  await make('/api/marketplace-resources/', resource);
  const user = await make('/api/users/', { username: 'mari' });
  const lists = ['/api/customers/', '/api/projects/', '/api/marketplace-resources/'];
  const events = '/api/admin/arrow/audit-events/?action=resource.create';
  return {
    app,
    ask: [
      ...lists.flatMap((path) => ['', '?format=csv', '?format=xlsx'].map((query) => ({ path: path + query }))),
      { path: `/api/customers/${customer.uuid}/` },
      { path: events },
      { path: `${events}&format=csv` },
      { path: '/api/users/me/', acting: user.uuid },
      { path: '/api/marketplace-resources/', body: resource },
    ],
  };
}

/** All that the answer to one request consists of. */
async function answered({ app }: Served, { path, body, acting }: Served['ask'][number]): Promise<string> {
  const response = await fetch(`${app.url}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      Authorization: `Token ${STAFF_TOKEN}`,
      ...(acting && { 'X-Impersonated-User-Uuid': acting }),
      ...(body && { 'Content-Type': 'application/json' }),
    },
    body: body && JSON.stringify(body),
  });
  expect([path, response.status]).toEqual([path, body ? 400 : 200]);
  const content = Buffer.from(await response.arrayBuffer());
  const headers = [...response.headers].filter(([name]) => name !== 'x-request-id').join('\n');
  return headers + (path.endsWith('xlsx') ? await sheetOf(content) : content.toString());
}

describe('Two applications in one process', () => {
  let served: { hex: Served; dashed: Served };

  beforeAll(async () => {
    const [hex, dashed] = await Promise.all([startApp({ UUID_FORMAT: 'hex' }), startApp()]);
    served = { hex: await furnished(hex), dashed: await furnished(dashed) };
  });
  afterAll(async () => {
    await Promise.all(Object.values(served ?? {}).map(({ app }) => app.stop()));
  });

  it('each write UUIDs in their own format while both answer, and texts of others as they are', async () => {
    const requestIds = await Promise.all(
      Object.values(served).map(({ app }) =>
        app.database.query<{ request_id: string }[]>('SELECT request_id FROM audit_event'),
      ),
    );
    const others = new Set([LICENSE, NAME, ...requestIds.flat().map((event) => event.request_id)]);
    const asked = Array.from({ length: ROUNDS }, () => [served.hex, served.dashed]).flat();
    const answers = await Promise.all(
      asked.flatMap((one) => one.ask.map(async (request) => ({ one, request, answer: await answered(one, request) }))),
    );
    for (const { one, request, answer } of answers) {
      const written = (answer.match(UUID) ?? []).filter((uuid) => !others.has(uuid));
      const isDashed = written.map((uuid) => uuid.includes('-'));
      expect([request, written.length > 0]).toEqual([request, true]);
      expect([request, ...new Set(isDashed)]).toEqual([request, one === served.dashed]);
      expect(answer).not.toContain(LICENSE.replaceAll('-', ''));
      expect(answer).not.toContain(NAME.replaceAll('-', ''));
    }
    expect(answers.filter(({ answer }) => answer.includes(LICENSE)).length).toBeGreaterThan(ROUNDS * 2 * 4);
  });
});
