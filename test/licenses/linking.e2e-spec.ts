import { arrowCustomer, arrowLicense } from '../../emulator/data.js';
import type { EmulatorLicense } from '../../emulator/model.js';
import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';
import { until } from '../support/until.js';
import { path, type World, world } from './support/world.js';

describe('Linking and importing licences', () => {
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

  const license = (fields: Partial<EmulatorLicense> = {}): string => at.license(fields).licenseId;
  const resource = (fields: object = {}) =>
    make.resource({ project: at.project.uuid, offering: at.offering.uuid, ...fields });
  const act = (action: string, body: object) => app.api.post(`${path}${at.mapping.uuid}/${action}/`, body);
  const importing = (reference: string, fields: object = {}) => ({
    license_reference: reference,
    offering_uuid: at.offering.uuid,
    project_uuid: at.project.uuid,
    ...fields,
  });
  const backendId = async (uuid: string) => (await app.api.get(`/api/marketplace-resources/${uuid}/`)).body.backend_id;
  const refusal = (sentence: string, code: string) => ({
    detail: sentence,
    error: sentence,
    message: sentence,
    code,
  });

  describe('link_resource', () => {
    it('answers as documented, and keeps who did what in the ledger', async () => {
      const given = await resource({ name: 'Azure production' });
      const reference = license();
      const { status, body } = await act('link_resource', { resource_uuid: given.uuid, license_reference: reference });
      expect({ status, body }).toEqual({
        status: 200,
        body: {
          resource_uuid: given.uuid,
          resource_name: 'Azure production',
          license_reference: reference,
          previous_backend_id: '',
          success: true,
          verified: true,
        },
      });
      expect(await backendId(given.uuid)).toBe(reference);
      const ledger = await app.api.get(`/api/admin/arrow/license-links/?resource_uuid=${given.uuid}`);
      expect(ledger.body).toEqual([
        expect.objectContaining({
          kind: 'link',
          resource_uuid: given.uuid,
          license_reference: reference,
          previous_license_reference: '',
          actor_username: 'admin',
          mapping_uuid: at.mapping.uuid,
          arrow_reference: at.customer.Reference,
          verified: true,
          is_active: true,
        }),
      ]);
    });

    it('is a success the second time, and changes nothing then', async () => {
      const given = await resource();
      const body = { resource_uuid: given.uuid, license_reference: license() };
      await act('link_resource', body);
      const again = await act('link_resource', body);
      expect(again).toMatchObject({
        status: 200,
        body: { license_reference: body.license_reference, previous_backend_id: body.license_reference, success: true },
      });
      const ledger = await app.api.head(`/api/admin/arrow/license-links/?resource_uuid=${given.uuid}`);
      expect(ledger.headers.get('x-result-count')).toBe('1');
    });

    it('replaces a licence the resource had, and says which', async () => {
      const given = await resource();
      const [first, second] = [license(), license()];
      await act('link_resource', { resource_uuid: given.uuid, license_reference: first });
      const replaced = await act('link_resource', { resource_uuid: given.uuid, license_reference: second });
      expect(replaced.body).toMatchObject({ license_reference: second, previous_backend_id: first });
    });

    it('refuses a licence that another live resource has, and names that resource', async () => {
      const [first, second] = [await resource({ name: 'First' }), await resource()];
      const reference = license();
      await act('link_resource', { resource_uuid: first.uuid, license_reference: reference });
      const refused = await act('link_resource', { resource_uuid: second.uuid, license_reference: reference });
      const sentence = `License ${reference} is already linked to the resource "First" (${first.uuid}).`;
      expect(refused).toMatchObject({ status: 400, body: refusal(sentence, 'license_linked_elsewhere') });
    });

    it('takes over the licence of a terminated resource', async () => {
      const [first, second] = [await resource(), await resource()];
      const reference = license();
      await act('link_resource', { resource_uuid: first.uuid, license_reference: reference });
      await app.api.patch(`/api/marketplace-resources/${first.uuid}/`, { state: 'Terminated' });
      const linked = await act('link_resource', { resource_uuid: second.uuid, license_reference: reference });
      expect(linked.status).toBe(200);
      const revived = await app.api.patch(`/api/marketplace-resources/${first.uuid}/`, { state: 'OK' });
      expect(revived).toMatchObject({
        status: 400,
        body: { state: [`License ${reference} is already linked to the resource "${second.name}" (${second.uuid}).`] },
      });
    });

    it('does not find a resource of another organisation, one that is not there, or a terminated one', async () => {
      const foreign = await make.resource();
      const unknown = '6b1f4a30-1111-4222-8333-abcdefabcdef';
      for (const uuid of [foreign.uuid, unknown]) {
        const refused = await act('link_resource', { resource_uuid: uuid, license_reference: license() });
        const sentence = `Resource ${uuid} not found for this customer`;
        expect(refused).toMatchObject({ status: 404, body: { detail: sentence, error: sentence } });
      }
      const ended = await resource({ name: 'Ended', state: 'Terminated' });
      const refused = await act('link_resource', { resource_uuid: ended.uuid, license_reference: license() });
      expect(refused).toMatchObject({
        status: 400,
        body: { error: 'The resource "Ended" is terminated: no licence can be linked to it.' },
      });
    });

    it('asks for what is missing or wrong, all of it together', async () => {
      expect(await act('link_resource', {})).toMatchObject({
        status: 400,
        body: { resource_uuid: ['This field is required.'], license_reference: ['This field is required.'] },
      });
      expect(await act('link_resource', { resource_uuid: 'x', license_reference: ' ' })).toMatchObject({
        status: 400,
        body: { resource_uuid: ['Must be a valid UUID.'], license_reference: ['This field may not be blank.'] },
      });
      expect(
        await act('link_resource', { resource_uuid: at.mapping.uuid, license_reference: 'x'.repeat(300) }),
      ).toMatchObject({
        status: 400,
        body: { license_reference: ['Ensure this field has no more than 255 characters.'] },
      });
    });
  });

  describe('import_license', () => {
    it('answers 200 as documented, with a resource and a finished order in the name of the caller', async () => {
      const mari = await make.user({ username: 'mari', is_staff: true });
      const reference = license();
      const { status, body } = await app.api
        .as(mari.token)
        .post(`${path}${at.mapping.uuid}/import_license/`, importing(reference, { license_name: 'Backup' }));
      expect({ status, body }).toEqual({
        status: 200,
        body: {
          resource_uuid: expect.stringMatching(/^[0-9a-f]{8}-/),
          resource_name: 'Backup',
          license_reference: reference,
          offering_name: at.offering.name,
          project_name: at.project.name,
          success: true,
          verified: true,
        },
      });
      const made = await app.api.get(`/api/marketplace-resources/${body.resource_uuid}/`);
      expect(made.body).toMatchObject({ state: 'OK', backend_id: reference, name: 'Backup' });
      const orders = await app.api.get(`/api/marketplace-orders/?resource_uuid=${body.resource_uuid}`);
      expect(orders.body).toEqual([
        expect.objectContaining({ type: 'Create', state: 'done', created_by_username: 'mari' }),
      ]);
      expect(orders.body[0].completed_at).not.toBeNull();
      const ledger = await app.api.get('/api/admin/arrow/license-links/?actor=mari');
      expect(ledger.body).toEqual([expect.objectContaining({ kind: 'import', license_reference: reference })]);
    });

    it('calls the resource after the licence when no name is given', async () => {
      const reference = license({ licenseId: `XSP${'9'.repeat(197)}` });
      const made = await act('import_license', importing(reference));
      expect(made.body.resource_name).toBe(reference.slice(0, 150));
    });

    it('takes the plan that the vendor mapping of the licence’s vendor names for that offering', async () => {
      const offering = await make.offering();
      const plan = await make.plan({ offering: offering.uuid });
      await app.api.post('/api/admin/arrow/vendor-offering-mappings/', {
        settings: at.settings.uuid,
        arrow_vendor_name: 'Microsoft',
        offering: offering.uuid,
        plan: plan.uuid,
      });
      const planOf = async (fields: Partial<EmulatorLicense>, offering_uuid: string) => {
        const { body } = await act('import_license', importing(license(fields), { offering_uuid }));
        return (await app.api.get(`/api/marketplace-resources/${body.resource_uuid}/`)).body.plan_uuid;
      };
      expect(await planOf({}, offering.uuid)).toBe(plan.uuid);
      expect(await planOf({ vendorName: 'Amazon', vendorCode: 'aws' }, offering.uuid)).toBeNull();
      expect(await planOf({}, at.offering.uuid)).toBeNull();
    });

    it('refuses what has been imported already, or was linked', async () => {
      const reference = license();
      await act('import_license', importing(reference));
      const sentence = `License ${reference} has already been imported`;
      expect(await act('import_license', importing(reference))).toMatchObject({
        status: 400,
        body: refusal(sentence, 'license_already_imported'),
      });
    });

    it('does not find an offering or project that is not there, in this order, nor a project of somebody else', async () => {
      const unknown = '6b1f4a30-1111-4222-8333-abcdefabcdef';
      const foreign = await make.project();
      const none = await act('import_license', importing(license(), { offering_uuid: unknown, project_uuid: unknown }));
      expect(none).toMatchObject({ status: 404, body: { detail: `Offering ${unknown} not found` } });
      const project = await act('import_license', importing(license(), { project_uuid: foreign.uuid }));
      expect(project).toMatchObject({
        status: 404,
        body: { error: `Project ${foreign.uuid} not found for this customer` },
      });
      const draft = await make.offering({ name: 'Draft offering', state: 'Draft' });
      expect(await act('import_license', importing(license(), { offering_uuid: draft.uuid }))).toMatchObject({
        status: 400,
        body: { error: 'The offering "Draft offering" is not active but draft.' },
      });
    });
  });

  describe('asking ArrowSphere', () => {
    it('refuses a licence that does not exist, or that is another customer’s', async () => {
      const stranger = arrowCustomer();
      const foreign = arrowLicense({ customer: stranger });
      app.arrow.data.customers.push(stranger);
      app.arrow.data.licenses.push(foreign);
      expect(await act('import_license', importing('XSP000000'))).toMatchObject({
        status: 400,
        body: { error: 'License XSP000000 does not exist in ArrowSphere.' },
      });
      expect(await act('import_license', importing(foreign.licenseId))).toMatchObject({
        status: 400,
        body: {
          error: `License ${foreign.licenseId} belongs to the ArrowSphere customer ${stranger.Reference}, not to ${at.customer.Reference}.`,
        },
      });
    });

    it('goes on where ArrowSphere cannot be reached, and says so', async () => {
      app.arrow.faults.add({ action: { kind: 'status', status: 503 } });
      const made = await act('import_license', importing(license()));
      expect(made).toMatchObject({
        status: 200,
        body: { success: true, verified: false, verification_error: expect.stringContaining('ArrowSphere') },
      });
    });

    it.each(['a/b c', '..', 'õ😀', 'x?y=1#z', '%2e%2e', 'XSP1"; DROP TABLE resource; --'])(
      'reaches no other address with the reference %s',
      async (reference) => {
        app.arrow.resetCounters();
        const refused = await act('import_license', importing(reference));
        expect(refused.status).toBe(400);
        const asked = app.arrow.requests.map((request) => decodeURIComponent(request.path));
        for (const one of asked) expect([`licenses/${reference}`, 'licenses/v2/find']).toContain(one);
      },
    );

    it('imports a licence with a strange reference that exists', async () => {
      const reference = license({ licenseId: 'XSP 1/2 õ' });
      expect(await act('import_license', importing(reference))).toMatchObject({
        status: 200,
        body: { verified: true, license_reference: 'XSP 1/2 õ' },
      });
    });

    it('asks before the transaction: nothing is locked while ArrowSphere takes its time', async () => {
      const release = app.arrow.hold(({ path }) => path.endsWith('find'));
      const reference = license();
      const slow = act('import_license', importing(reference));
      await until(() => app.arrow.inFlight > 0);
      const { status } = await app.api.patch(`${path}${at.mapping.uuid}/`, { arrow_company_name: 'Renamed meanwhile' });
      expect({ status, inFlight: app.arrow.inFlight }).toEqual({ status: 200, inFlight: 1 });
      release();
      expect((await slow).status).toBe(200);
    });
  });

  it('links nothing under an inactive mapping or account, but lets a licence go', async () => {
    const own = await world(app, make, { settings: at.settings.uuid });
    const held = await resource({ project: own.project.uuid, backend_id: 'XSP-held' });
    await app.api.patch(`${path}${own.mapping.uuid}/`, { is_active: false });
    const body = { resource_uuid: held.uuid, license_reference: own.license().licenseId };
    expect(await app.api.post(`${path}${own.mapping.uuid}/link_resource/`, body)).toMatchObject({
      status: 400,
      body: { error: `The mapping of ${own.customer.Reference} is not active. Activate it first.` },
    });
    const unlinked = await app.api.post(`${path}${own.mapping.uuid}/unlink_resource/`, { resource_uuid: held.uuid });
    expect(unlinked).toMatchObject({
      status: 200,
      body: { license_reference: '', previous_backend_id: 'XSP-held', success: true },
    });
    await app.api.patch(`${path}${own.mapping.uuid}/`, { is_active: true });
    await app.api.patch(`/api/admin/arrow/settings/${at.settings.uuid}/`, { is_active: false });
    expect(await app.api.post(`${path}${own.mapping.uuid}/link_resource/`, body)).toMatchObject({
      status: 400,
      body: { code: 'account_not_active' },
    });
    await app.api.patch(`/api/admin/arrow/settings/${at.settings.uuid}/`, { is_active: true });
  });

  it('guards the licences of resources that are written directly', async () => {
    const reference = license();
    const holder = await resource({ name: 'Holder', backend_id: reference });
    const sentence = `License ${reference} is already linked to the resource "Holder" (${holder.uuid}).`;
    const fields = { name: 'Second', project: at.project.uuid, offering: at.offering.uuid, backend_id: reference };
    expect(await app.api.post('/api/marketplace-resources/', fields)).toMatchObject({
      status: 400,
      body: { backend_id: [sentence] },
    });
    const other = await resource();
    expect(
      await app.api.post(`/api/marketplace-provider-resources/${other.uuid}/set_backend_id/`, {
        backend_id: reference,
      }),
    ).toMatchObject({ status: 400, body: { backend_id: [sentence] } });
  });

  it('takes a reference of the mapping that is not the full one', async () => {
    const customer = arrowCustomer({ Reference: 'XSP770001', Ref: 'R-1', InternalReference: 'ours-1' });
    app.arrow.data.customers.push(customer);
    const own = await world(app, make, { settings: at.settings.uuid, customer, arrow_reference: '770001' });
    const made = await app.api.post(`${path}${own.mapping.uuid}/import_license/`, {
      license_reference: own.license().licenseId,
      offering_uuid: own.offering.uuid,
      project_uuid: own.project.uuid,
    });
    expect(made).toMatchObject({ status: 200, body: { verified: true } });
  });
});
