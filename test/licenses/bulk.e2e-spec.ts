import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';
import { path, type World, world } from './support/world.js';

describe('Linking and importing many at a time', () => {
  let app: TestApp;
  let make: Builders;
  let at: World;

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
    at = await world(app, make);
  });
  afterAll(() => app.stop());

  const act = (action: string, body: object) =>
    app.api.post(`${path}${at.mapping.uuid}/${action}/`, { dry_run: false, ...body });
  const importing = (reference: string, fields: object = {}) => ({
    license_reference: reference,
    offering_uuid: at.offering.uuid,
    project_uuid: at.project.uuid,
    ...fields,
  });
  const licenses = (count: number) => Array.from({ length: count }, () => at.license().licenseId);
  const resource = (fields: object = {}) =>
    make.resource({ project: at.project.uuid, offering: at.offering.uuid, ...fields });
  const outcomes = (body: { results: { outcome: string; error: string | null }[] }) =>
    body.results.map(({ outcome, error }) => error ?? outcome);
  const everything = () =>
    app.database.query<object[]>(
      `SELECT (SELECT json_agg(r ORDER BY r.uuid) FROM resource r) AS resources,
              (SELECT json_agg(o ORDER BY o.uuid) FROM marketplace_order o) AS orders,
              (SELECT json_agg(l ORDER BY l.uuid) FROM license_link l) AS links`,
    );

  it('gives each import its own outcome, and does the good ones', async () => {
    const [first, second, third] = licenses(3) as [string, string, string];
    const unknown = '6b1f4a30-1111-4222-8333-abcdefabcdef';
    const { status, body } = await act('import_licenses', {
      items: [
        importing(first, { license_name: 'First' }),
        importing('XSP-not-there'),
        importing(second),
        importing(second, { offering_uuid: unknown }),
        importing(third, { project_uuid: unknown }),
      ],
    });
    expect(status).toBe(200);
    expect(outcomes(body)).toEqual([
      'done',
      'License XSP-not-there does not exist in ArrowSphere.',
      'done',
      `Offering ${unknown} not found`,
      `Project ${unknown} not found for this customer`,
    ]);
    expect(body).toMatchObject({ dry_run: false, done: 2, unchanged: 0, refused: 3 });
    expect(body.results[0]).toMatchObject({
      index: 0,
      success: true,
      license_reference: first,
      resource_name: 'First',
      verified: true,
      error: null,
      code: null,
    });
    const made = await app.api.get(`/api/marketplace-resources/${body.results[0].resource_uuid}/`);
    expect(made.body).toMatchObject({ name: 'First', backend_id: first });
  });

  it('changes nothing the second time', async () => {
    const items = licenses(5).map((reference) => importing(reference));
    await act('import_licenses', { items });
    const before = await everything();
    const again = await act('import_licenses', { items });
    expect(again.body).toMatchObject({ done: 0, unchanged: 5, refused: 0 });
    expect(again.body.results[0].resource_uuid).toMatch(/^[0-9a-f-]{36}$/);
    expect(await everything()).toEqual(before);
  });

  it('refuses a licence that is imported elsewhere, and takes one of two for the same licence', async () => {
    const [taken, twice] = licenses(2) as [string, string];
    await act('import_license', importing(taken));
    const project = await make.project({ customer: at.organisation.uuid });
    const { body } = await act('import_licenses', {
      items: [importing(taken, { project_uuid: project.uuid }), importing(twice), importing(twice)],
    });
    expect(outcomes(body)).toEqual([`License ${taken} has already been imported`, 'done', 'unchanged']);
  });

  it('links in order, so that a licence can move on within one request', async () => {
    const [a, b] = licenses(2) as [string, string];
    const [first, second] = [await resource(), await resource()];
    const command = (uuid: string, license_reference: string) => ({ resource_uuid: uuid, license_reference });
    await act('link_resource', command(first.uuid, a));
    const items = [command(second.uuid, a), command(first.uuid, b), command(second.uuid, a)];
    const { body } = await act('link_resources', { items });
    expect(outcomes(body)).toEqual([
      `License ${a} is already linked to the resource "${first.name}" (${first.uuid}).`,
      'done',
      'done',
    ]);
    expect(body.results[1]).toMatchObject({ previous_backend_id: a, license_reference: b });
    const before = await everything();
    const again = await act('link_resources', { items: items.slice(1) });
    expect(again.body).toMatchObject({ done: 0, unchanged: 2 });
    expect(await everything()).toEqual(before);
  });

  it.each(['import_licenses', 'link_resources'])(
    'says in a dry run of %s what the real one then does',
    async (action) => {
      const references = licenses(6);
      const held = await resource({ backend_id: references[5] });
      const resources = await Promise.all(references.map(() => resource()));
      const items = [...references, 'XSP-not-there', references[0]!].map((reference, i) =>
        action === 'import_licenses'
          ? importing(reference)
          : { resource_uuid: (resources[i] ?? held).uuid, license_reference: reference },
      );
      const before = await everything();
      const dry = await act(action, { items, dry_run: true });
      const leftOut = await app.api.post(`${path}${at.mapping.uuid}/${action}/`, { items });
      expect(leftOut.body).toEqual(dry.body);
      expect(await everything()).toEqual(before);
      const real = await act(action, { items });
      expect(dry.body).toMatchObject({ dry_run: true, done: 5 });
      expect(outcomes(dry.body)).toEqual(outcomes(real.body));
      expect(await everything()).not.toEqual(before);
    },
  );

  it("names resources as ArrowSphere names the licences, which discovery suggests; one import keeps Waldur's way", async () => {
    const given = [
      { friendlyName: 'Production web shop' },
      { friendlyName: `XSP1|MS-AZR|${at.customer.Reference}|x` },
      { friendlyName: 'Not taken' },
    ].map((fields) => at.license(fields).licenseId) as [string, string, string];
    const wanted = ['Production web shop', 'Microsoft Azure Plan', 'Mine'];
    const found = await app.api.get(`${path}${at.mapping.uuid}/discover_licenses/`);
    const suggested = new Map(
      found.body.arrow_licenses.map((one: { license_reference: string; suggested_name: string }) => [
        one.license_reference,
        one.suggested_name,
      ]),
    );
    expect(given.map((one) => suggested.get(one))).toEqual([...wanted.slice(0, 2), 'Not taken']);
    const items = given.map((one, at) => importing(one, at === 2 ? { license_name: 'Mine' } : {}));
    for (const dry_run of [true, false]) {
      const { body } = await act('import_licenses', { items, dry_run });
      expect(body.results.map(({ resource_name }: { resource_name: string }) => resource_name)).toEqual(wanted);
    }
    const single = at.license({ friendlyName: 'Named there' }).licenseId;
    expect((await act('import_license', importing(single))).body.resource_name).toBe(single);
  });

  it('goes on unverified when ArrowSphere fails', async () => {
    app.arrow.faults.add({ path: /licenses/, action: { kind: 'html' } });
    const { body } = await act('import_licenses', { items: licenses(2).map((one) => importing(one)) });
    app.arrow.faults.clear();
    expect(body).toMatchObject({ done: 2, results: [{ verified: false }, { verified: false }] });
    expect(body.results[0].verification_error).toMatch(/ArrowSphere/);
  });

  it('takes 500 items in as many statements as 5, and ArrowSphere in a few requests; 501 are too many', async () => {
    const few = await app.statements(() => act('import_licenses', { items: licenses(5).map((one) => importing(one)) }));
    const items = licenses(500).map((reference) => importing(reference));
    app.arrow.resetCounters();
    let answer: Awaited<ReturnType<typeof act>>;
    const many = await app.statements(async () => (answer = await act('import_licenses', { items })));
    expect(answer!.body).toMatchObject({ done: 500, refused: 0 });
    expect(many.length).toBe(few.length);
    expect(app.arrow.requests.length).toBeLessThanOrEqual(6);
    expect(await act('import_licenses', { items: [...items, items[0]] })).toMatchObject({
      status: 400,
      body: { items: ['Ensure this field has no more than 500 elements.'] },
    });
  });

  it('names every wrong item before it looks at any', async () => {
    const { status, body } = await act('link_resources', {
      items: [{ resource_uuid: at.mapping.uuid, license_reference: 'XSP1' }, { license_reference: '' }, 7],
    });
    expect(status).toBe(400);
    expect(body).toEqual({
      items: [
        {},
        { resource_uuid: ['This field is required.'], license_reference: ['This field may not be blank.'] },
        { non_field_errors: ['Invalid data. Expected a dictionary, but got int.'] },
      ],
    });
    expect(await act('import_licenses', { items: [] })).toMatchObject({ status: 200, body: { results: [] } });
  });
});
