import { arrowCustomer, arrowLicense } from '../../emulator/data.js';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';
import { until } from '../support/until.js';
import { path, type World, world } from './support/world.js';

describe('Which licence it is, and whose', () => {
  let app: TestApp;
  let make: Builders;
  let at: World;

  beforeAll(async () => {
    app = await startApp({ ARROW_MAX_RETRIES: '0' });
    make = new Builders(app);
    at = await world(app, make);
  });
  afterAll(() => app.stop());
  afterEach(() => app.arrow.faults.clear());

  const act = (own: World, action: string, body: object) => app.api.post(`${path}${own.mapping.uuid}/${action}/`, body);
  const importing = (own: World, reference: string) => ({
    license_reference: reference,
    offering_uuid: own.offering.uuid,
    project_uuid: own.project.uuid,
  });
  const resource = (fields: object = {}) =>
    make.resource({ project: at.project.uuid, offering: at.offering.uuid, ...fields });
  const held = (license: string) =>
    app.database.query<{ uuid: string; license: string }[]>(
      `SELECT uuid, backend_id AS license
       FROM resource
       WHERE upper(backend_id) = upper($1) AND state <> 'Terminated'`,
      [license],
    );
  const outcomes = (body: { results: { outcome: string; code: string | null }[] }) =>
    body.results.map(({ outcome, code }) => code ?? outcome);

  describe('in whatever letter case it is written', () => {
    it.each(['asked', 'not to be reached'])(
      'one request gives it to one resource, with ArrowSphere %s',
      async (how) => {
        if (how !== 'asked') app.arrow.faults.add({ action: { kind: 'status', status: 503 } });
        const [linked, imported] = [at.license().licenseId, at.license().licenseId];
        const [first, second] = [await resource(), await resource()];
        const links = await act(at, 'link_resources', {
          dry_run: false,
          items: [
            { resource_uuid: first.uuid, license_reference: linked.toLowerCase() },
            { resource_uuid: second.uuid, license_reference: `${linked}\u200b` },
          ],
        });
        expect(outcomes(links.body)).toEqual(['done', 'license_linked_elsewhere']);
        expect(await held(linked)).toEqual([{ uuid: first.uuid, license: linked }]);
        const imports = await act(at, 'import_licenses', {
          dry_run: false,
          items: [importing(at, imported), importing(at, imported.toLowerCase())],
        });
        expect(outcomes(imports.body)).toEqual(['done', 'unchanged']);
        expect(await held(imported)).toEqual([{ uuid: expect.any(String), license: imported }]);
      },
    );

    it('ArrowSphere is asked for it as ArrowSphere writes it', async () => {
      const reference = at.license().licenseId;
      const { status, body } = await act(at, 'import_license', importing(at, ` ${reference.toLowerCase()}`));
      expect([status, body]).toMatchObject([200, { license_reference: reference, verified: true }]);
    });

    it('it can move on within one request from a resource that spells it otherwise', async () => {
      const reference = at.license().licenseId;
      const [from, to] = [await resource({ backend_id: reference.toLowerCase() }), await resource()];
      const { body } = await act(at, 'link_resources', {
        dry_run: false,
        items: [
          { resource_uuid: from.uuid, license_reference: at.license().licenseId },
          { resource_uuid: to.uuid, license_reference: reference },
        ],
      });
      expect(outcomes(body)).toEqual(['done', 'done']);
      expect(await held(reference)).toEqual([{ uuid: to.uuid, license: reference }]);
    });

    it('nothing that nobody sees is a licence: it would be taken for none', async () => {
      const given = await resource({ backend_id: at.license().licenseId });
      const { status, body } = await act(at, 'link_resource', {
        resource_uuid: given.uuid,
        license_reference: '\u200b',
      });
      expect([status, body]).toEqual([400, { license_reference: ['This field may not be blank.'] }]);
    });
  });

  it('it is another’s, though ArrowSphere says so and nothing more', async () => {
    const stranger = arrowCustomer();
    const foreign = arrowLicense({ customer: stranger });
    app.arrow.data.customers.push(stranger);
    app.arrow.data.licenses.push(foreign);
    app.arrow.faults.add({ path: /customers/, action: { kind: 'status', status: 503 } });
    const { status, body } = await act(at, 'import_license', importing(at, foreign.licenseId));
    expect([status, body.code]).toEqual([400, 'license_of_another_customer']);
    expect(await held(foreign.licenseId)).toEqual([]);
  });

  it('it is not that of a customer who carries the reference of one who is gone as a code', async () => {
    const gone = arrowCustomer({ Reference: 'XSP500500' });
    const own = await world(app, make, { settings: at.settings.uuid, customer: gone });
    const successor = arrowCustomer({ Reference: 'XSP600600', Ref: 'XSP500500', InternalReference: 'XSP500500' });
    app.arrow.data.customers = [...app.arrow.data.customers.filter((one) => one !== gone), successor];
    const theirs = arrowLicense({ customer: successor });
    app.arrow.data.licenses.push(theirs);
    const found = await app.api.get(`${path}${own.mapping.uuid}/discover_licenses/?refresh=true`);
    expect(found.body).toMatchObject({
      arrow_reference: 'XSP500500',
      arrow_licenses: [],
      error: 'ArrowSphere does not have the customer XSP500500.',
    });
    const refused = await act(own, 'import_license', importing(own, theirs.licenseId));
    expect([refused.status, refused.body.code]).toEqual([400, 'license_of_another_customer']);
    const synchronised = await app.api.post(`${path}sync_from_arrow/`);
    expect(synchronised.body).toMatchObject({ corrected: [], missing: ['XSP500500'] });
  });

  it('it is not written under a mapping that means somebody else by the time that ArrowSphere has answered', async () => {
    const own = await world(app, make, { settings: at.settings.uuid });
    const next = arrowCustomer();
    app.arrow.data.customers.push(next);
    const license = own.license().licenseId;
    const given = await make.resource({ project: own.project.uuid, backend_id: own.license().licenseId });
    const release = app.arrow.hold(({ path }) => path.endsWith('find'));
    const slow = act(own, 'import_license', importing(own, license));
    await until(() => app.arrow.inFlight > 0);
    await app.api.patch(`${path}${own.mapping.uuid}/`, { arrow_reference: next.Reference });
    release();
    const { status, body } = await slow;
    expect([status, body.code]).toEqual([409, 'mapping_changed']);
    expect(await held(license)).toEqual([]);
    expect((await act(own, 'import_license', importing(own, license))).body.code).toBe('license_of_another_customer');
    expect((await act(own, 'unlink_resource', { resource_uuid: given.uuid })).status).toBe(200);
  });
});
