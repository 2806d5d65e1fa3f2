import type { Check } from '../../src/cli/check.js';
import { Operations } from '../../src/cli/operations.js';
import { JobRunner } from '../../src/jobs/job-runner.js';
import { startAnother } from '../support/app.js';
import { untilOneWaits } from '../support/lock-waiters.js';
import { LEDGER, LicensesBeside } from './licenses-world.js';
import { ended } from './support.js';

const SET = '/set_backend_id/$';

describe('A Waldur that does not answer, or refuses, while a licence is changed there', () => {
  let at: LicensesBeside;

  beforeAll(async () => {
    at = await LicensesBeside.start();
  });
  afterAll(() => at?.stop());
  afterEach(() => {
    const { waldur, app } = at.beside;
    waldur.faults.clear();
    waldur.meanwhile = () => undefined;
    waldur.afterwards = () => undefined;
    Object.assign(waldur.orderRules, { firstState: 'pending-provider', keepsSlug: true, workerReads: 2 });
    Object.assign(waldur.data.users[0]!, { is_staff: true, is_support: false });
    app.clock.set(undefined);
    at.changes();
  });

  const importing = () => {
    const license = at.license();
    return { license, send: () => at.act('import_license', at.importing(license)) };
  };
  /** So much later, by our clock. */
  const later = (ms: number) => at.beside.app.clock.set(new Date(Date.now() + ms));
  /** What is said of licences at Waldur. */
  const doctor = async () => {
    const checks = (await new Operations(at.beside.app.app).run('accounts', {})) as Check[];
    return checks.find(({ name }) => name === 'licences at Waldur');
  };
  const imported = (license: string) => ['order', 'approve_by_provider', `set_backend_id ${license}`];
  const answers = {
    'is cut off': { kind: 'reset-before-headers' },
    'is a web page': { kind: 'html' },
    'is a failure': { kind: 'status', status: 500 },
    'is a failure before it, as it seems': { kind: 'status', status: 503 },
  } as const;

  it.each(Object.entries(answers))('reads what was done where the answer to a link %s', async (_, action) => {
    const resource = await at.resource();
    const license = at.license();
    at.beside.waldur.faults.add({ method: 'POST', path: SET, count: 1, action });
    expect((await at.link(resource, license)).status).toBe(200);
    expect(at.changes()).toEqual([`set_backend_id ${license}`]);
    expect(await at.entry(license)).toMatchObject({ state: 'recorded' });
  });

  it.each(Object.entries(answers))('reads what was done where each answer to an import %s', async (_, action) => {
    const { license, send } = importing();
    at.beside.waldur.faults.add({ method: 'POST', count: 4, action });
    expect((await send()).status).toBe(200);
    expect(at.changes()).toEqual(imported(license));
    expect(await at.entry(license)).toMatchObject({ state: 'recorded', problem: '' });
  });

  it('keeps what failed before it was done, says so, and does it later', async () => {
    const resource = await at.resource();
    const license = at.license();
    at.beside.waldur.meanwhile = ({ method }) => (method === 'POST' ? { status: 500, body: {} } : undefined);
    const { status, body } = await at.link(resource, license);
    expect([status, body.code]).toEqual([503, 'waldur_write_unfinished']);
    const entry = await at.entry(license);
    expect(body.detail).toContain(entry.uuid);
    expect(entry).toMatchObject({
      ...{ state: 'intended', is_active: false, problem: expect.stringContaining('status 500') },
      what_to_do: expect.stringContaining(`${LEDGER}${entry.uuid}/resume/`),
    });
    expect(await doctor()).toMatchObject({
      ...{ good: true, warns: true, advice: expect.stringContaining('license-links/?state=intended&state=done') },
      says: expect.stringMatching(
        new RegExp(`^Half-way: 1 intended, the oldest \\(${entry.uuid}\\) since .*status 500`),
      ),
    });
    expect((await at.here(resource.uuid)).backend_id).toBe('');
    const second = await at.act('link_resource', { resource_uuid: resource.uuid, license_reference: at.license() });
    expect([second.status, second.body.code]).toEqual([409, 'license_change_under_way']);
    at.beside.waldur.meanwhile = () => undefined;
    expect(await at.resume(entry.uuid)).toMatchObject({ state: 'recorded', problem: '', is_active: true });
    expect(at.changes()).toEqual([`set_backend_id ${license}`]);
    expect(await doctor()).toMatchObject({ warns: false, says: 'Every change of a licence has ended.' });
  });

  it('sends an order again only when Waldur has had its time and does not show it', async () => {
    const { license, send } = importing();
    let posts = 0;
    at.beside.waldur.meanwhile = ({ method, path }) => {
      if (method !== 'POST' || path !== 'marketplace-orders/') return;
      posts += 1;
      return posts === 1 ? { status: 502, body: {} } : undefined;
    };
    expect((await send()).body.code).toBe('waldur_write_unfinished');
    const { uuid } = await at.entry(license);
    for (const minutes of [0, 14]) {
      later(minutes * 60_000);
      expect(await at.resume(uuid)).toMatchObject({
        ...{ state: 'intended', problem: expect.stringContaining('neither answered nor shows it yet') },
      });
    }
    expect([posts, at.changes()]).toEqual([1, []]);
    later(16 * 60_000);
    expect(await at.resume(uuid)).toMatchObject({ state: 'recorded' });
    expect(at.changes()).toEqual(imported(license));
  });

  /** An import whose order Waldur was silent to, and orders for it that show up later. */
  async function silentlyOrdered() {
    const { license, send } = importing();
    const { waldur } = at.beside;
    waldur.meanwhile = ({ method, path }) =>
      method === 'POST' && path === 'marketplace-orders/' ? { status: 504, body: {} } : undefined;
    await send();
    waldur.meanwhile = () => undefined;
    const { uuid } = await at.entry(license);
    const [like] = waldur.data.orders;
    const resource = await at.resource({ state: 'Creating' });
    const showUp = (order: string, created: string, made: string | null = resource.uuid) =>
      waldur.data.orders.push({
        ...like!,
        ...{ uuid: order.repeat(32), slug: uuid, state: 'pending-provider', created, error_message: '' },
        ...{ offering_uuid: at.offering.uuid, project_uuid: at.project.uuid },
        ...{ marketplace_resource_uuid: made, offering_type: 'Marketplace.Basic' },
      });
    return { license, uuid, showUp };
  }

  it('goes on with one order and cancels the other, where one came long after Waldur was silent', async () => {
    const { license, uuid, showUp } = await silentlyOrdered();
    showUp('b', '2026-02-02T00:00:00Z', null);
    showUp('a', '2026-02-01T00:00:00Z');
    expect(await at.resume(uuid)).toMatchObject({ state: 'recorded', waldur_order_uuid: expect.stringMatching(/^a/) });
    expect(at.changes()).toEqual(['cancel', 'approve_by_provider', `set_backend_id ${license}`]);
  });

  it('does so too where the first one comes while the second is sent, which is answered', async () => {
    const { license, uuid, showUp } = await silentlyOrdered();
    later(16 * 60_000);
    at.beside.waldur.meanwhile = ({ method, path }) => {
      if (method === 'POST' && path === 'marketplace-orders/') showUp('c', '2026-02-01T00:00:00Z');
    };
    expect(await at.resume(uuid)).toMatchObject({ state: 'recorded', waldur_order_uuid: expect.stringMatching(/^c/) });
    expect(at.changes()).toEqual(['order', 'cancel', 'approve_by_provider', `set_backend_id ${license}`]);
  });

  it('is waited for when it is away for a minute in the middle, and then gone on with by the schedule', async () => {
    const { license, send } = importing();
    const { waldur, app } = at.beside;
    const { port } = waldur;
    let away: Promise<void> | undefined;
    waldur.afterwards = ({ path }) => {
      if (path.endsWith('/approve_by_provider/')) away ??= waldur.stop();
    };
    const { status, body } = await send();
    expect([status, body.code]).toEqual([503, 'waldur_write_unfinished']);
    await away;
    waldur.afterwards = () => undefined;
    const { uuid } = await at.entry(license);
    expect(await at.resume(uuid)).toMatchObject({
      ...{ state: 'intended', problem: expect.stringMatching(/cannot be reached|unavailable/) },
    });
    // A connection of somebody else may have got the port meanwhile.
    while (
      !(await waldur.listen(port).then(
        () => true,
        () => false,
      ))
    );
    later(60_000);
    await app.app.get(JobRunner).tick();
    const [job] = (await app.api.get('/api/admin/arrow/jobs/?kind=license-writes&o=-created')).body;
    const { state, result } = await ended(app, job.uuid);
    expect([state, result]).toEqual(['succeeded', { recorded: 1, failed: 0, unfinished: 0 }]);
    expect(await at.entry(license)).toMatchObject({ state: 'recorded', is_active: true });
    expect(at.changes()).toEqual(imported(license));
  });

  it('ends with what Waldur says where it refuses', async () => {
    const resource = await at.resource();
    const license = at.license();
    at.beside.waldur.meanwhile = ({ method }) =>
      method === 'POST' ? { status: 400, body: { detail: 'Not for this one.' } } : undefined;
    const { status, body } = await at.link(resource, license);
    expect([status, body.code]).toEqual([409, 'waldur_write_failed']);
    expect(await at.entry(license)).toMatchObject({
      ...{ state: 'failed', problem: expect.stringContaining('Not for this one.'), is_active: false },
      what_to_do: expect.stringContaining('ask for it anew'),
    });
    at.beside.waldur.meanwhile = () => undefined;
    expect((await at.link(resource, license)).status).toBe(200);
  });

  it('is asked again once the token may, where it may not', async () => {
    const resource = await at.resource();
    const license = at.license();
    const [staff] = at.beside.waldur.data.users;
    Object.assign(staff!, { is_staff: false, is_support: true });
    const { body } = await at.link(resource, license);
    expect([body.code, body.detail]).toEqual([
      'waldur_write_unfinished',
      expect.stringContaining('it has to be a staff user'),
    ]);
    Object.assign(staff!, { is_staff: true, is_support: false });
    expect(await at.resume((await at.entry(license)).uuid)).toMatchObject({ state: 'recorded' });
  });

  it.each(['a link', 'an import', 'an import whose order is made'])(
    'is asked again once the token is staff’s again, where it shows nothing meanwhile: %s',
    async (what) => {
      const { waldur } = at.beside;
      const [staff] = waldur.data.users;
      const lose = () => void Object.assign(staff!, { is_staff: false });
      const { license, send } = importing();
      if (what === 'an import whose order is made')
        waldur.afterwards = ({ method, path }) => method === 'POST' && path === 'marketplace-orders/' && lose();
      const resource = await at.resource();
      if (what !== 'an import whose order is made') lose();
      const { body } = await (what === 'a link' ? at.link(resource, license) : send());
      expect([body.code, body.detail]).toEqual([
        'waldur_write_unfinished',
        expect.stringContaining('it has to be a staff user'),
      ]);
      const { uuid } = await at.entry(license);
      later(20 * 60_000);
      expect(await at.resume(uuid)).toMatchObject({ state: 'intended' });
      waldur.afterwards = () => undefined;
      Object.assign(staff!, { is_staff: true });
      expect(await at.resume(uuid)).toMatchObject({ state: 'recorded', problem: '' });
      expect(at.changes()).toEqual(what === 'a link' ? [`set_backend_id ${license}`] : imported(license));
    },
  );

  it('ends an import whose order is rejected', async () => {
    at.beside.waldur.orderRules.firstState = 'rejected';
    const { license, send } = importing();
    const { status, body } = await send();
    expect([status, body.detail]).toEqual([409, expect.stringMatching(/^In Waldur the order .* is rejected\.$/)]);
    expect(await at.entry(license)).toMatchObject({ state: 'failed', resource_uuid: null });
    at.beside.waldur.orderRules.firstState = 'pending-provider';
    expect((await send()).status).toBe(200);
  });

  it('is waited for where it moves the order on itself, and then finished', async () => {
    at.beside.waldur.orderRules.firstState = 'pending-project';
    const { license, send } = importing();
    expect((await send()).body.code).toBe('waldur_write_unfinished');
    const entry = await at.entry(license);
    expect(entry).toMatchObject({ state: 'intended', problem: expect.stringContaining('is pending-project') });
    const order = at.beside.waldur.data.orders.find(({ slug }) => slug === entry.uuid)!;
    order['state'] = 'pending-provider';
    expect(await at.resume(entry.uuid)).toMatchObject({ state: 'recorded' });
    expect(at.changes()).toEqual(imported(license));
  });

  it('keeps a resource that was terminated there meanwhile as it is', async () => {
    const resource = await at.resource();
    resource['state'] = 'Terminated';
    const license = at.license();
    const { status, body } = await at.link(resource, license);
    expect([status, body.detail]).toEqual([409, 'The resource is terminated in Waldur.']);
    expect(at.changes()).toEqual([]);
  });

  it('ends an import whose resource is terminated before it has its licence', async () => {
    const { license, send } = importing();
    const { data, meanwhile: _ } = at.beside.waldur;
    at.beside.waldur.afterwards = () => {
      if (data.orders.at(-1)?.['state'] === 'done') data.resources.at(-1)!['state'] = 'Terminated';
    };
    expect((await send()).body.code).toBe('waldur_write_failed');
    expect(await at.entry(license)).toMatchObject({
      state: 'failed',
      problem: 'The resource is terminated in Waldur.',
    });
    at.changes();
  });

  it('leaves a licence alone that somebody else gave the resource there, and takes the same one for done', async () => {
    const resource = await at.resource();
    resource['backend_id'] = at.license();
    const license = at.license();
    const { status, body } = await at.link(resource, license);
    expect([status, body.detail]).toEqual([
      409,
      `In Waldur the resource has the licence ${String(resource['backend_id'])} by now, and not none. It was left as it is.`,
    ]);
    const other = await at.resource();
    other['backend_id'] = license;
    expect((await at.link(other, license)).status).toBe(200);
    expect(at.changes()).toEqual([]);
    expect((await at.here(other.uuid)).backend_id).toBe(license);
  });

  it('gives a licence to no second resource there, though the copy does not know of the first', async () => {
    const license = at.license();
    const { waldur } = at.beside;
    const resource = await at.resource();
    waldur.data.resources.push({ ...resource, uuid: 'd'.repeat(32), name: 'Elsewhere', backend_id: license });
    const { status, body } = await at.link(resource, license);
    expect([status, body.detail]).toEqual([
      409,
      expect.stringContaining('is already linked to the resource "Elsewhere"'),
    ]);
    expect(at.changes()).toEqual([]);
  });

  /** A page with the resource as it was is on its way while the link is made. */
  async function readsWhileLinked(
    resource: Awaited<ReturnType<typeof at.resource>>,
    license: string,
    make = (link: () => ReturnType<typeof at.link>) => link(),
  ): Promise<void> {
    let linked: number | undefined;
    const old = { ...resource, modified: new Date(Date.now() + 1000).toISOString() };
    at.beside.waldur.meanwhile = async ({ path, query }) => {
      if (path !== 'marketplace-provider-resources/' || !query.has('page') || linked) return;
      linked = 0;
      linked = (await make(() => at.link(resource, license))).status;
      return { status: 200, body: [old], headers: { 'x-result-count': '1' } };
    };
    expect([(await at.beside.sync()).state, linked]).toEqual(['succeeded', 200]);
  }

  it('is not disturbed by a reading that saw the resource before, or after it was done and before it was recorded', async () => {
    const { waldur } = at.beside;
    const resource = await at.resource();
    const license = at.license();
    await readsWhileLinked(resource, license);
    expect((await at.here(resource.uuid)).backend_id).toBe(license);
    // It is done in Waldur, and read from there before it is recorded.
    let read: Promise<unknown> | undefined;
    waldur.meanwhile = () => undefined;
    waldur.afterwards = ({ path }) => {
      if (path.endsWith('/set_backend_id/')) read ??= at.beside.sync();
    };
    expect((await at.act('unlink_resource', { resource_uuid: resource.uuid })).status).toBe(200);
    await read;
    expect((await at.here(resource.uuid)).backend_id).toBe('');
    const [entry] = await at.entries(`resource_uuid=${resource.uuid}`);
    expect(entry).toMatchObject({ kind: 'unlink', state: 'recorded' });
    expect((await at.beside.app.api.post(`${LEDGER}${entry.uuid}/revert/`)).status).toBe(200);
  });

  it('is not disturbed by a reading of an instance whose clock is ahead', async () => {
    const resource = await at.resource();
    const license = at.license();
    await readsWhileLinked(resource, license, async (link) => {
      later(-60_000);
      const linked = await link();
      at.beside.app.clock.set(undefined);
      return linked;
    });
    expect((await at.here(resource.uuid)).backend_id).toBe(license);
  });

  it('reverts nothing to a licence that another change takes at the same moment, and says which', async () => {
    const { app } = at.beside;
    // The embedded database does one thing after the other.
    if (app.kind === 'pglite') return;
    const resource = await at.resource();
    const [former, license] = [at.license(), at.license()];
    await at.link(resource, former);
    await at.link(resource, license);
    const entry = await at.entry(license);
    const other = app.database.createQueryRunner();
    await other.startTransaction();
    try {
      const [{ uuid }] = await other.query(
        `INSERT INTO license_link (kind, state, license_reference, mapping_uuid, arrow_reference, actor_uuid, actor_username)
         SELECT 'import', 'intended', $1, mapping_uuid, arrow_reference, actor_uuid, actor_username
         FROM license_link
         WHERE uuid = $2
         RETURNING uuid`,
        [former, entry.uuid],
      );
      const reverted = app.api.post(`${LEDGER}${entry.uuid}/revert/`);
      await untilOneWaits(app.variables.DATABASE_URL!);
      await other.commitTransaction();
      const { status, body } = await reverted;
      expect([status, body.code, body.detail]).toEqual([
        ...[409, 'license_change_under_way'],
        expect.stringContaining(uuid),
      ]);
    } finally {
      await other.release();
    }
  });

  it('does each thing once for two instances at once', async () => {
    const another = await startAnother(at.beside.app);
    try {
      const license = at.license();
      const body = at.importing(license);
      const path = `/api/admin/arrow/customer-mappings/${at.mapping}/import_license/`;
      const asked = await Promise.all(
        [at.beside.app.api, another.api, at.beside.app.api, another.api].map((api) => api.post(path, body)),
      );
      expect(asked.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(at.changes()).toEqual(imported(license));
      expect(await at.entry(license)).toMatchObject({ state: 'recorded' });
      // And where both go on with the same one.
      const resource = await at.resource();
      const next = at.license();
      at.beside.waldur.meanwhile = ({ method }) => (method === 'POST' ? { status: 500, body: {} } : undefined);
      await at.link(resource, next);
      at.beside.waldur.meanwhile = () => undefined;
      const { uuid } = await at.entry(next);
      await Promise.all([another.api.post(`${LEDGER}${uuid}/resume/`), at.resume(uuid), at.resume(uuid)]);
      expect(await at.resume(uuid)).toMatchObject({ state: 'recorded' });
      expect(at.changes()).toEqual([`set_backend_id ${next}`]);
    } finally {
      await another.stop();
    }
  });
});
