import { waldurOffering, waldurPlan, waldurUser } from '../../emulator/waldur/waldur-data.js';
import { Builders } from '../support/builders.js';
import { LEDGER, LicensesBeside } from './licenses-world.js';
import { dashed } from './support.js';

describe('Licences of resources that Waldur owns', () => {
  let at: LicensesBeside;

  beforeAll(async () => {
    at = await LicensesBeside.start();
  });
  afterAll(() => at?.stop());
  afterEach(() => {
    const { waldur } = at.beside;
    waldur.faults.clear();
    waldur.meanwhile = () => undefined;
    waldur.afterwards = () => undefined;
    Object.assign(waldur.orderRules, { firstState: 'pending-provider', keepsSlug: true, workerReads: 2 });
    at.changes();
  });

  it('are linked in Waldur first, and recorded here once Waldur says so', async () => {
    const resource = await at.resource();
    const license = at.license();
    const { status, body } = await at.link(resource, license);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { license_reference: license, previous_backend_id: '', verified: true, success: true },
    });
    expect(resource['backend_id']).toBe(license);
    expect(at.changes()).toEqual([`set_backend_id ${license}`]);
    expect((await at.here(resource.uuid)).backend_id).toBe(license);
    expect(await at.entry(license)).toMatchObject({
      ...{ kind: 'link', state: 'recorded', problem: '', what_to_do: '', is_active: true, verified: true },
      ...{ resource_uuid: dashed(resource.uuid), waldur_order_uuid: null, actor_username: 'admin' },
    });
    expect((await at.link(resource, license)).status).toBe(200);
    expect(at.changes()).toEqual([]);
  });

  it('are unlinked and reverted in Waldur', async () => {
    const resource = await at.resource();
    const license = at.license();
    await at.link(resource, license);
    expect((await at.act('unlink_resource', { resource_uuid: resource.uuid })).body).toMatchObject({
      previous_backend_id: license,
    });
    expect([resource['backend_id'], (await at.here(resource.uuid)).backend_id]).toEqual(['', '']);
    const [unlinked] = await at.entries(`resource_uuid=${resource.uuid}`);
    const reverted = await at.beside.app.api.post(`${LEDGER}${unlinked.uuid}/revert/`);
    expect([reverted.status, reverted.body]).toMatchObject([
      200,
      { kind: 'revert', state: 'recorded', license_reference: license, is_active: true },
    ]);
    expect([resource['backend_id'], (await at.here(resource.uuid)).backend_id]).toEqual([license, license]);
    expect(at.changes()).toEqual([`set_backend_id ${license}`, 'set_backend_id ', `set_backend_id ${license}`]);
    const again = await at.beside.app.api.post(`${LEDGER}${unlinked.uuid}/revert/`);
    expect([again.status, again.body.code]).toEqual([409, 'resource_touched_since']);
  });

  it('are imported by an order that is approved and completed, and whose resource gets the licence', async () => {
    const license = at.license();
    const { status, body } = await at.act('import_license', at.importing(license, { license_name: 'Office seats' }));
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { resource_name: 'Office seats', license_reference: license, offering_name: 'Microsoft 365' },
    });
    expect(at.changes()).toEqual(['order', 'approve_by_provider', `set_backend_id ${license}`]);
    const entry = await at.entry(license);
    const [order] = at.beside.waldur.data.orders.filter(({ slug }) => slug === entry.uuid);
    expect(order).toMatchObject({ state: 'done', attributes: { name: 'Office seats' } });
    expect(entry).toMatchObject({
      ...{ kind: 'import', state: 'recorded', is_active: true, waldur_order_uuid: dashed(order!.uuid) },
      resource_uuid: dashed(String(order!['marketplace_resource_uuid'])),
    });
    expect(await at.here(entry.resource_uuid)).toMatchObject({
      ...{ uuid: body.resource_uuid, name: 'Office seats', backend_id: license, state: 'OK' },
    });
    const again = await at.act('import_license', at.importing(license));
    expect([again.status, again.body.code]).toEqual([400, 'license_already_imported']);
    expect(at.changes()).toEqual([]);
  });

  it('keep their resource when an import is reverted: it only loses the licence', async () => {
    const license = at.license();
    const { body } = await at.act('import_license', at.importing(license));
    const entry = await at.entry(license);
    expect((await at.beside.app.api.post(`${LEDGER}${entry.uuid}/revert/`)).body).toMatchObject({
      ...{ kind: 'revert', reverts_uuid: entry.uuid, license_reference: '', state: 'recorded' },
    });
    expect(await at.here(body.resource_uuid)).toMatchObject({ state: 'OK', backend_id: '' });
  });

  it('are imported also where the consumer has to approve, and where orders are done at once', async () => {
    const { orderRules } = at.beside.waldur;
    orderRules.firstState = 'pending-consumer';
    expect((await at.act('import_license', at.importing(at.license()))).status).toBe(200);
    expect(at.changes()).toEqual([
      ...['order', 'approve_by_consumer', 'approve_by_provider', expect.stringContaining('XSP')],
    ]);
    orderRules.firstState = 'done';
    expect((await at.act('import_license', at.importing(at.license()))).status).toBe(200);
    expect(at.changes()).toEqual(['order', expect.stringContaining('set_backend_id')]);
  });

  it('are imported once Waldur’s worker is through with the order, which it completes itself', async () => {
    at.beside.waldur.orderRules.workerReads = 4;
    const license = at.license();
    const { body } = await at.act('import_license', at.importing(license));
    expect(at.changes()).toEqual(['order', 'approve_by_provider', `set_backend_id ${license}`]);
    expect(await at.here(body.resource_uuid)).toMatchObject({ state: 'OK', backend_id: license });
  });

  it('are imported by an order that is a ticket, whose key makes room for the licence', async () => {
    const offering = waldurOffering({ name: 'AWS by ticket', type: 'Support.OfferingTemplate' });
    at.beside.waldur.data.offerings.push(offering);
    Object.assign(at.beside.waldur.orderRules, { firstState: 'executing', workerReads: 3 });
    const license = at.license();
    const { body } = await at.act('import_license', at.importing(license, { offering_uuid: offering.uuid }));
    expect(at.changes()).toEqual(['order', 'set_state_done', `set_backend_id ${license}`]);
    expect(await at.here(body.resource_uuid)).toMatchObject({ state: 'OK', backend_id: license });
    const [order] = at.beside.waldur.data.orders.slice(-1);
    expect(order).toMatchObject({ state: 'done', issue: { key: expect.stringMatching(/^SUP-/) } });
  });

  it('are imported by an order that is left to us where no worker comes within a minute', async () => {
    at.beside.waldur.orderRules.workerReads = null;
    const license = at.license();
    const { status, body } = await at.act('import_license', at.importing(license));
    expect([status, body.code]).toEqual([503, 'waldur_write_unfinished']);
    const { uuid, problem } = await at.entry(license);
    expect(problem).toMatch(/is executing, and its worker has not been at it/);
    const { clock } = at.beside.app;
    clock.set(new Date(clock.now().getTime() + 61_000));
    expect(await at.resume(uuid)).toMatchObject({ state: 'recorded' });
    expect(at.changes()).toEqual(['order', 'approve_by_provider', 'set_state_done', `set_backend_id ${license}`]);
  });

  it('are imported without a second order where Waldur gives orders slugs of its own', async () => {
    at.beside.waldur.orderRules.keepsSlug = false;
    expect((await at.act('import_license', at.importing(at.license()))).status).toBe(200);
    expect(at.changes()[0]).toBe('order');
  });

  it('are taken over by import_resource where the type of the offering is known for it', async () => {
    const offering = waldurOffering({ name: 'Azure machines', type: 'Azure.VirtualMachine' });
    at.beside.waldur.data.offerings.push(offering);
    const license = at.license();
    const { status } = await at.act('import_license', at.importing(license, { offering_uuid: offering.uuid }));
    expect(status).toBe(200);
    expect(at.changes()).toEqual(['import_resource']);
    expect(await at.entry(license)).toMatchObject({ state: 'recorded', waldur_order_uuid: null });
  });

  it('are ordered with the plan that the vendor mapping names', async () => {
    const plan = waldurPlan();
    const offering = waldurOffering({ name: 'With plans', plans: [waldurPlan(), plan] });
    at.beside.waldur.data.offerings.push(offering);
    const { app } = at.beside;
    await app.api.get(`/api/marketplace-provider-offerings/${offering.uuid}/`);
    await new Builders(app).vendorMapping({
      ...{ settings: at.settings, offering: offering.uuid, plan: plan.uuid, arrow_vendor_name: 'Microsoft' },
    });
    const { body } = await at.act('import_license', at.importing(at.license(), { offering_uuid: offering.uuid }));
    expect((await at.here(body.resource_uuid)).plan_uuid).toBe(dashed(plan.uuid));
  });

  it('in dispute are taken off one resource, which can have another one then', async () => {
    const license = at.license();
    const holder = await at.resource({ backend_id: license });
    const other = await at.resource({ backend_id: license });
    const conflicts = async () => (await at.beside.app.api.get('/api/admin/arrow/directory/')).body.conflict_count;
    expect(await conflicts()).toBe(1);
    expect((await at.link(other, license)).body.code).toBe('license_linked_elsewhere');
    const unlinked = await at.act('unlink_resource', { resource_uuid: other.uuid });
    expect([unlinked.status, unlinked.body.previous_backend_id]).toEqual([200, license]);
    expect([holder['backend_id'], other['backend_id'], await conflicts()]).toEqual([license, '', 0]);
    const next = at.license();
    expect((await at.link(other, next)).status).toBe(200);
    expect((await at.here(other.uuid)).backend_id).toBe(next);
  });

  it('in dispute are shown where they are discovered, and their resource is suggested no other one', async () => {
    const [shared, free] = [at.license(), at.license()];
    await at.resource({ name: 'Has it', backend_id: shared });
    const disputed = await at.resource({ name: `Named after ${free}`, backend_id: shared });
    const { body } = await at.beside.app.api.get(
      `/api/admin/arrow/customer-mappings/${at.mapping}/discover_licenses/?refresh=true`,
    );
    const uuid = dashed(disputed.uuid);
    expect(body.waldur_resources).toContainEqual(expect.objectContaining({ uuid, backend_id: shared }));
    expect(body.suggestions.filter((one: { resource_uuid: string }) => one.resource_uuid === uuid)).toEqual([]);
  });

  it('of many are changed each by itself, and the answer says what came of each', async () => {
    const { waldur } = at.beside;
    const [first, second, third, fourth] = [at.license(), at.license(), at.license(), at.license()];
    const resource = await at.resource();
    // What the copy does not know yet.
    waldur.data.resources.push({ ...resource, uuid: 'e'.repeat(32), name: 'Elsewhere', backend_id: third });
    const items = [first, second, third, fourth].map((license) => at.importing(license));
    const { body } = await at.act('import_licenses', { dry_run: false, items: [...items, at.importing(first)] });
    expect(body).toMatchObject({ done: 3, unchanged: 0, refused: 2, pending: 0 });
    expect(body.results.map(({ outcome, code }: { outcome: string; code: string }) => code ?? outcome)).toEqual([
      ...['done', 'done', 'waldur_write_failed', 'done', 'license_change_under_way'],
    ]);
    expect(body.results[2].error).toContain('is already linked to the resource "Elsewhere"');
    const again = await at.act('import_licenses', { dry_run: false, items: [items[0], items[3]] });
    expect(again.body).toMatchObject({ done: 0, unchanged: 2 });
  });

  it('are left alone by a dry run', async () => {
    const license = at.license();
    const { body } = await at.act('import_licenses', { items: [at.importing(license)] });
    expect(body).toMatchObject({ dry_run: true, done: 1 });
    expect([at.changes(), await at.entries(`license_reference=${license}`)]).toEqual([[], []]);
  });

  it('need an offering that is Waldur’s too', async () => {
    await at.beside.app.database.query(
      `INSERT INTO offering (uuid, name) VALUES ('11111111-1111-4111-8111-111111111111', 'Kept here')`,
    );
    const { status, body } = await at.act(
      'import_license',
      at.importing(at.license(), { offering_uuid: '11111111-1111-4111-8111-111111111111' }),
    );
    expect([status, body.code]).toEqual([400, 'offering_not_in_waldur']);
  });

  it('are changed in the name of a user of Waldur, which has no row here', async () => {
    const user = waldurUser({ username: 'kati', is_staff: true, tokens: ['4'.repeat(40)] });
    at.beside.waldur.data.users.push(user);
    const resource = await at.resource();
    const license = at.license();
    const { status } = await at.beside.app.api
      .as('4'.repeat(40))
      .post(`/api/admin/arrow/customer-mappings/${at.mapping}/link_resource/`, {
        ...{ resource_uuid: resource.uuid, license_reference: license },
      });
    expect(status).toBe(200);
    expect(await at.entry(license)).toMatchObject({ actor_username: 'kati', actor_uuid: dashed(user.uuid) });
  });
});
