import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';
import { path, type World, world } from './support/world.js';

const ledger = '/api/admin/arrow/license-links/';

describe('The ledger of licence links', () => {
  let app: TestApp;
  let make: Builders;
  let at: World;

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
    at = await world(app, make);
  });
  afterAll(() => app.stop());

  const act = (action: string, body: object) => app.api.post(`${path}${at.mapping.uuid}/${action}/`, body);
  const resource = (fields: object = {}) =>
    make.resource({ project: at.project.uuid, offering: at.offering.uuid, ...fields });
  const link = async (uuid: string, license_reference = at.license().licenseId) => {
    const { status } = await act('link_resource', { resource_uuid: uuid, license_reference });
    expect(status).toBe(200);
    return license_reference;
  };
  const importing = async () => {
    const license_reference = at.license().licenseId;
    const { body } = await act('import_license', {
      license_reference,
      offering_uuid: at.offering.uuid,
      project_uuid: at.project.uuid,
    });
    return { uuid: body.resource_uuid as string, license: license_reference };
  };
  const entriesOf = async (uuid: string, query = '') =>
    (await app.api.get(`${ledger}?resource_uuid=${uuid}${query}`)).body;
  const newest = async (uuid: string) => (await entriesOf(uuid))[0];
  const revert = (uuid: string) => app.api.post(`${ledger}${uuid}/revert/`);
  const read = async (uuid: string) => (await app.api.get(`/api/marketplace-resources/${uuid}/`)).body;

  it('puts back the licence that was there before a link', async () => {
    const given = await resource();
    const first = await link(given.uuid);
    const second = await link(given.uuid);
    const entry = await newest(given.uuid);
    const { status, body } = await revert(entry.uuid);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        kind: 'revert',
        reverts_uuid: entry.uuid,
        license_reference: first,
        previous_license_reference: second,
        is_active: true,
      },
    });
    expect((await read(given.uuid)).backend_id).toBe(first);
    expect((await app.api.get(entry.url)).body).toMatchObject({ reverted_by_uuid: body.uuid, is_active: false });
  });

  it('gives back an unlinked licence, and takes a first one away again', async () => {
    const given = await resource();
    const license = await link(given.uuid);
    const { body } = await act('unlink_resource', { resource_uuid: given.uuid });
    expect(body).toMatchObject({ license_reference: '', previous_backend_id: license });
    expect((await revert((await newest(given.uuid)).uuid)).status).toBe(200);
    expect((await read(given.uuid)).backend_id).toBe(license);

    const other = await resource();
    await link(other.uuid);
    await revert((await newest(other.uuid)).uuid);
    expect((await read(other.uuid)).backend_id).toBe('');
  });

  it('ends an imported resource, frees its licence, and leaves an order behind', async () => {
    const { uuid, license } = await importing();
    const { status, body } = await revert((await newest(uuid)).uuid);
    expect({ status, body }).toMatchObject({ status: 200, body: { previous_license_reference: license } });
    expect(await read(uuid)).toMatchObject({ state: 'Terminated', backend_id: '' });
    const orders = await app.api.get(`/api/marketplace-orders/?resource_uuid=${uuid}&o=created`);
    expect(orders.body.map(({ type, state }: { type: string; state: string }) => [type, state])).toEqual([
      ['Create', 'done'],
      ['Terminate', 'done'],
    ]);
    const again = await act('import_license', {
      license_reference: license,
      offering_uuid: at.offering.uuid,
      project_uuid: at.project.uuid,
    });
    expect(again.status).toBe(200);
  });

  it('does not revert twice, nor a revert, nor what is not there', async () => {
    const given = await resource();
    await link(given.uuid);
    const entry = await newest(given.uuid);
    const reverted = await revert(entry.uuid);
    expect(await revert(entry.uuid)).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining('admin reverted it to no licence at '), code: 'resource_touched_since' },
    });
    expect(await revert(reverted.body.uuid)).toMatchObject({ status: 400, body: { code: 'revert_not_revertible' } });
    expect(await revert('6b1f4a30-1111-4222-8333-abcdefabcdef')).toMatchObject({
      status: 404,
      body: { detail: 'No ArrowLicenseLink matches the given query.' },
    });
  });

  it('says what touched the resource since, and changes nothing then', async () => {
    const told = async (change: (uuid: string) => Promise<unknown>) => {
      const given = await resource({ name: 'Touched' });
      await link(given.uuid);
      const entry = await newest(given.uuid);
      await change(given.uuid);
      const before = await read(given.uuid);
      const { status, body } = await revert(entry.uuid);
      expect(status).toBe(409);
      expect(await read(given.uuid)).toEqual(before);
      expect(body.detail).toBe(body.error);
      return (body.error as string).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, 'TIME');
    };
    const mari = await make.user({ username: 'mari', is_staff: true });
    const next = at.license().licenseId;
    expect(
      await told((uuid) =>
        app.api
          .as(mari.token)
          .post(`${path}${at.mapping.uuid}/link_resource/`, { resource_uuid: uuid, license_reference: next }),
      ),
    ).toBe(`This cannot be reverted: mari linked it to ${next} at TIME.`);
    const setTo = (uuid: string, backend_id: string) =>
      app.api.post(`/api/marketplace-provider-resources/${uuid}/set_backend_id/`, { backend_id });
    expect(await told((uuid) => setTo(uuid, 'XSP-by-hand'))).toBe(
      'This cannot be reverted: the resource "Touched" has the licence XSP-by-hand now, by a change outside this ledger.',
    );
    const patch = (uuid: string, body: object) => app.api.patch(`/api/marketplace-resources/${uuid}/`, body);
    expect(await told((uuid) => patch(uuid, { state: 'Terminated' }))).toBe(
      'This cannot be reverted: the resource "Touched" is terminated.',
    );
    expect(await told((uuid) => patch(uuid, { name: 'Touched' }))).toBe(
      'This cannot be reverted: the resource "Touched" was changed at TIME.',
    );
  });

  it('does not take a former licence from the resource that has it now', async () => {
    const given = await resource();
    const first = await link(given.uuid);
    await link(given.uuid);
    const entry = await newest(given.uuid);
    const other = await resource({ name: 'New holder' });
    await link(other.uuid, first);
    expect(await revert(entry.uuid)).toMatchObject({
      status: 409,
      body: {
        error: `This cannot be reverted: License ${first} is already linked to the resource "New holder" (${other.uuid}).`,
      },
    });
  });

  it('names who really called beside the user that staff acted as, for each kind of entry', async () => {
    const { body: admin } = await app.api.get('/api/users/me/');
    const mari = await make.user({ username: 'mari-as', is_staff: true });
    const asMari = { 'X-Impersonated-User-Uuid': mari.uuid as string };
    const acting = (action: string, body: object) => app.api.post(`${path}${at.mapping.uuid}/${action}/`, body, asMari);
    const given = await resource();
    const item = () => ({ license_reference: at.license().licenseId });
    const imported = { offering_uuid: at.offering.uuid, project_uuid: at.project.uuid };
    await acting('link_resource', { resource_uuid: given.uuid, ...item() });
    const { body: made } = await acting('import_license', { ...imported, ...item() });
    await acting('link_resources', { dry_run: false, items: [{ resource_uuid: given.uuid, ...item() }] });
    await acting('unlink_resource', { resource_uuid: given.uuid });
    await app.api.post(`${ledger}${(await newest(given.uuid)).uuid}/revert/`, undefined, asMari);

    const entries = [...(await entriesOf(given.uuid)), ...(await entriesOf(made.resource_uuid as string))];
    expect(entries.map(({ kind }) => kind as string)).toEqual(['revert', 'unlink', 'link', 'link', 'import']);
    for (const entry of entries) {
      expect(entry).toMatchObject({
        ...{ actor_uuid: mari.uuid, actor_username: 'mari-as' },
        ...{ impersonator_uuid: admin.uuid, impersonator_username: 'admin' },
      });
    }
    expect((await app.api.get(`${ledger}?impersonator_uuid=${admin.uuid}`)).body).toHaveLength(5);
    const refused = await revert(entries[2].uuid as string);
    expect(refused.body.detail).toContain('admin as mari-as');
    const own = await resource();
    await app.api
      .as(mari.token)
      .post(`${path}${at.mapping.uuid}/link_resource/`, { resource_uuid: own.uuid, ...item() });
    expect(await newest(own.uuid)).toMatchObject({
      ...{ actor_username: 'mari-as', impersonator_uuid: null, impersonator_username: null },
    });
  });

  it('is filtered by mapping, resource, licence, actor, kind and whether it still holds', async () => {
    const given = await resource();
    const first = await link(given.uuid);
    const second = await link(given.uuid);
    const count = async (query: string) => (await app.api.get(`${ledger}?${query}`)).body.length;
    expect(await count(`resource=${encodeURIComponent(given.url)}`)).toBe(2);
    expect(await count(`resource_uuid=${given.uuid}&active=true`)).toBe(1);
    expect((await entriesOf(given.uuid, '&active=true'))[0]).toMatchObject({ license_reference: second });
    expect((await entriesOf(given.uuid, '&active=no'))[0]).toMatchObject({ license_reference: first });
    expect(await count(`license_reference=${first}`)).toBe(2);
    expect(await count(`license_reference=${second}&kind=link`)).toBe(1);
    expect(await count(`license_reference=${second}&kind=import`)).toBe(0);
    expect(await count(`license_reference=${first}&mapping_uuid=${at.mapping.uuid}&actor=admin`)).toBe(2);
    expect(await count(`license_reference=${first}&mapping=${encodeURIComponent(given.url)}`)).toBe(0);
    const me = (await app.api.get('/api/users/me/')).body.uuid;
    expect(await count(`license_reference=${first}&actor_uuid=${me}`)).toBe(2);
    expect(await app.api.get(`${ledger}?active=maybe`)).toMatchObject({ status: 400 });
    const head = await app.api.head(`${ledger}?resource_uuid=${given.uuid}`);
    expect(head.headers.get('x-result-count')).toBe('2');
    await app.api.patch(given.url, { state: 'Terminated' });
    expect(await count(`resource_uuid=${given.uuid}&active=true`)).toBe(0);
  });

  it('outlives its mapping, and keeps its resource from being deleted', async () => {
    const own = await world(app, make, { settings: at.settings.uuid });
    const given = await resource({ project: own.project.uuid });
    const body = { resource_uuid: given.uuid, license_reference: own.license().licenseId };
    await app.api.post(`${path}${own.mapping.uuid}/link_resource/`, body);
    expect((await app.api.delete(`${path}${own.mapping.uuid}/`)).status).toBe(204);
    expect((await app.api.get(`${ledger}?mapping_uuid=${own.mapping.uuid}`)).body).toEqual([
      expect.objectContaining({ arrow_reference: own.customer.Reference, is_active: true }),
    ]);
    expect(await app.api.delete(given.url)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('license link rows still refer to it') },
    });
  });

  it('cannot be rewritten, not even in the database', async () => {
    await link((await resource()).uuid);
    await expect(app.database.query(`UPDATE license_link SET actor_username = 'nobody'`)).rejects.toThrow(
      'only ever added to',
    );
    await expect(app.database.query('DELETE FROM license_link')).rejects.toThrow('only ever added to');
  });

  it('refuses a filter it does not have, in lists, counts and single entries, where Waldur has no such route', async () => {
    const refused = {
      status: 400,
      body: { year: [expect.stringMatching(/^Unknown query parameter\. Known are: .*kind/)] },
    };
    expect(await app.api.get('/api/admin/arrow/license-links/?year=2026')).toMatchObject(refused);
    expect((await app.api.head('/api/admin/arrow/license-links/?year=2026')).status).toBe(400);
    expect(await app.api.get('/api/admin/arrow/jobs/?year=2026&kind=x')).toMatchObject(refused);
    const [entry] = (await app.api.get('/api/admin/arrow/license-links/?page_size=1&kind=link&o=created')).body;
    expect((await app.api.get(`${entry.url}?field=uuid`)).body).toEqual({ uuid: entry.uuid });
    expect((await app.api.get(`${entry.url}?fields=uuid`)).body).toEqual({ fields: [expect.any(String)] });
    expect((await app.api.get('/api/customers/?year=2026')).status).toBe(200);
    expect((await app.api.get('/api/admin/arrow/jobs/?constructor=1&__proto__=2')).status).toBe(400);
  });
});
