import { startApp, type TestApp } from '../support/app.js';
import type { Answer } from '../support/api-client.js';
import { Builders } from '../support/builders.js';
import { path, type World, world } from './support/world.js';

const AT_ONCE = 50;

describe('Requests that race for a licence', () => {
  let app: TestApp;
  let make: Builders;
  let at: World;

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
    at = await world(app, make);
  });
  afterAll(() => app.stop());

  const act = (action: string, body: object, mapping = at.mapping.uuid) =>
    app.api.patient().post(`${path}${mapping}/${action}/`, { dry_run: false, ...body });
  const importing = (reference: string, own: World = at) => ({
    license_reference: reference,
    offering_uuid: own.offering.uuid,
    project_uuid: own.project.uuid,
  });
  const resource = (own: World = at) => make.resource({ project: own.project.uuid, offering: own.offering.uuid });
  const times = <T>(work: (index: number) => Promise<T>) =>
    Promise.all(Array.from({ length: AT_ONCE }, (_, i) => work(i)));
  const statuses = (answers: Answer[]) =>
    answers.reduce<Record<number, number>>((all, { status }) => ({ ...all, [status]: (all[status] ?? 0) + 1 }), {});
  const countOf = async (table: string, reference: string) => {
    const sql = {
      resource: 'SELECT count(*)::int AS n FROM resource WHERE backend_id = $1',
      marketplace_order:
        'SELECT count(*)::int AS n FROM marketplace_order o JOIN resource r ON r.uuid = o.resource_uuid WHERE r.backend_id = $1',
      license_link: 'SELECT count(*)::int AS n FROM license_link WHERE license_reference = $1',
    }[table]!;
    return (await app.database.query<[{ n: number }]>(sql, [reference]))[0].n;
  };
  const written = async (reference: string) => [
    await countOf('resource', reference),
    await countOf('marketplace_order', reference),
    await countOf('license_link', reference),
  ];

  it('50 imports of one licence make one resource, one order and one entry; 49 are told it is imported', async () => {
    const reference = at.license().licenseId;
    const answers = await times(() => act('import_license', importing(reference)));
    expect(statuses(answers)).toEqual({ 200: 1, 400: AT_ONCE - 1 });
    const refused = answers.filter(({ status }) => status === 400).map(({ body }) => body.error);
    expect(new Set(refused)).toEqual(new Set([`License ${reference} has already been imported`]));
    expect(await written(reference)).toEqual([1, 1, 1]);
  });

  it('50 links of one licence to 50 resources link one of them; the others are told which', async () => {
    const reference = at.license().licenseId;
    const resources = await times(() => resource());
    const answers = await times((i) =>
      act('link_resource', { resource_uuid: resources[i].uuid, license_reference: reference }),
    );
    expect(statuses(answers)).toEqual({ 200: 1, 400: AT_ONCE - 1 });
    const winner = answers.find(({ status }) => status === 200)!.body.resource_uuid as string;
    for (const { body } of answers.filter(({ status }) => status === 400)) expect(body.error).toContain(winner);
    expect(await written(reference)).toEqual([1, 0, 1]);
  });

  it('50 links of 50 licences to one resource leave the last one, and a ledger without gaps', async () => {
    const given = await resource();
    const references = Array.from({ length: AT_ONCE }, () => at.license().licenseId);
    const answers = await times((i) =>
      act('link_resource', { resource_uuid: given.uuid, license_reference: references[i] }),
    );
    expect(statuses(answers)).toEqual({ 200: AT_ONCE });
    const { body } = await app.api.get(
      `/api/admin/arrow/license-links/?resource_uuid=${given.uuid}&page_size=300&o=created`,
    );
    const chain = body as { previous_license_reference: string; license_reference: string }[];
    expect(chain.map((entry) => entry.previous_license_reference)).toEqual([
      '',
      ...chain.slice(0, -1).map((entry) => entry.license_reference),
    ]);
    const now = await app.api.get(given.url);
    expect(now.body.backend_id).toBe(chain.at(-1)!.license_reference);
  });

  it('25 links and 25 imports of one licence leave it on one resource', async () => {
    const reference = at.license().licenseId;
    const resources = await times(() => resource());
    const answers = await times((i) =>
      i % 2
        ? act('import_license', importing(reference))
        : act('link_resource', { resource_uuid: resources[i].uuid, license_reference: reference }),
    );
    expect(statuses(answers)).toEqual({ 200: 1, 400: AT_ONCE - 1 });
    expect((await written(reference))[0]).toBe(1);
  });

  it('two mappings of one ArrowSphere account to two organisations cannot both have a licence', async () => {
    const other = await world(app, make, { settings: at.settings.uuid });
    const reference = at.license().licenseId;
    // ArrowSphere cannot be asked, so both mappings would take it.
    app.arrow.faults.add({ path: /licenses/, action: { kind: 'status', status: 400 } });
    const answers = await times((i) =>
      i % 2
        ? act('import_license', importing(reference))
        : act('import_license', importing(reference, other), other.mapping.uuid),
    );
    app.arrow.faults.clear();
    expect(statuses(answers)).toEqual({ 200: 1, 400: AT_ONCE - 1 });
    expect(await written(reference)).toEqual([1, 1, 1]);
  });

  it('imports race writes of resources that know nothing of them', async () => {
    const reference = at.license().licenseId;
    const resources = await times(() => resource());
    const answers = await times((i) =>
      i % 2
        ? act('import_license', importing(reference))
        : app.api.patient().post(`/api/marketplace-provider-resources/${resources[i].uuid}/set_backend_id/`, {
            backend_id: reference,
          }),
    );
    expect(statuses(answers)).toEqual({ 200: 1, 400: AT_ONCE - 1 });
    expect(await countOf('resource', reference)).toBe(1);
  });

  it('50 reverts of one entry go back once', async () => {
    const reference = at.license().licenseId;
    const made = await act('import_license', importing(reference));
    const { body } = await app.api.get(`/api/admin/arrow/license-links/?resource_uuid=${made.body.resource_uuid}`);
    const answers = await times(() => app.api.patient().post(`/api/admin/arrow/license-links/${body[0].uuid}/revert/`));
    expect(statuses(answers)).toEqual({ 200: 1, 409: AT_ONCE - 1 });
    const orders = await app.api.get(`/api/marketplace-orders/?resource_uuid=${made.body.resource_uuid}`);
    expect(orders.body).toHaveLength(2);
  });

  it('one that conflicts with others each time is told to try again, and writes nothing', async () => {
    const reference = at.license().licenseId;
    await app.database.query(`
      CREATE FUNCTION always_in_the_way() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'could not serialize access' USING ERRCODE = 'serialization_failure'; END $$`);
    await app.database.query(
      'CREATE TRIGGER always_in_the_way BEFORE INSERT ON license_link EXECUTE FUNCTION always_in_the_way()',
    );
    const refused = await act('import_licenses', { items: [importing(reference)] });
    await app.database.query('DROP FUNCTION always_in_the_way() CASCADE');
    expect(refused).toMatchObject({ status: 409, body: { code: 'licenses_contended' } });
    expect(await written(reference)).toEqual([0, 0, 0]);
    expect((await act('import_licenses', { items: [importing(reference)] })).body.done).toBe(1);
  });

  it('bulk imports that overlap in opposite orders make each licence once', async () => {
    const references = Array.from({ length: 60 }, () => at.license().licenseId);
    const other = await world(app, make, { settings: at.settings.uuid });
    app.arrow.faults.add({ path: /licenses/, action: { kind: 'status', status: 400 } });
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => {
        const own = i % 2 ? other : at;
        const items = (i % 4 < 2 ? references : [...references].reverse()).map((one) => importing(one, own));
        return act('import_licenses', { items }, own.mapping.uuid);
      }),
    );
    app.arrow.faults.clear();
    expect(statuses(answers)).toEqual({ 200: 8 });
    expect(answers.reduce((sum, { body }) => sum + (body.done as number), 0)).toBe(60);
    const [{ n }] = await app.database.query<[{ n: number }]>(
      'SELECT count(*)::int AS n FROM resource WHERE backend_id = ANY($1)',
      [references],
    );
    expect(n).toBe(60);
  });
});
