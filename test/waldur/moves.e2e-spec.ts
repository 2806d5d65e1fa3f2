import { randomUUID } from 'node:crypto';
import {
  waldurCustomer,
  waldurOffering,
  waldurPlan,
  waldurProject,
  waldurResource,
} from '../../emulator/waldur/waldur-data.js';
import type { JobRun } from '../../src/jobs/job-run.entity.js';
import { MoveNotReadyError, MovePreviewedError } from '../../src/moves/moves.errors.js';
import { MovesService } from '../../src/moves/moves.service.js';
import { WaldurStandIn } from '../../emulator/waldur/waldur-stand-in.js';
import { BillingWorld, type Linked } from '../billing/billing-world.js';
import type { Answer } from '../support/api-client.js';
import { startApp, type TestApp } from '../support/app.js';
import { createDatabase } from '../support/databases.js';
import { ended, dashed } from './support.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

const MOVES = '/api/admin/arrow/directory/moves/';

/** A move when its last job has ended, and that job. */
async function finished(app: TestApp, { status, body }: Answer) {
  if (status !== 202) throw new Error(`${status}: ${JSON.stringify(body)}`);
  const job = await ended(app, body.job_uuid);
  return { ...(await app.api.get(`${MOVES}${body.uuid}/`)).body, job };
}
const preview = async (app: TestApp, direction: string) => finished(app, await app.api.post(MOVES, { direction }));
const apply = async (app: TestApp, { uuid }: { uuid: string }) =>
  finished(app, await app.api.post(`${MOVES}${uuid}/apply/`, {}));
type Row = Record<string, unknown>;
interface SeenRow {
  readonly kind: string;
  readonly uuid: string;
  readonly waldur_uuid: string | null;
  readonly matched_by: string;
  readonly outcome: string;
  readonly reason: string;
  readonly differences: readonly object[];
}
const rowsOf = async (app: TestApp, { uuid }: { uuid: string }, query = '') =>
  (await app.api.get(`${MOVES}${uuid}/rows/?page_size=300&${query}`)).body as SeenRow[];
async function sync(app: TestApp) {
  const { body } = await app.api.post('/api/admin/arrow/directory/sync/', {});
  return ended(app, body.job_id);
}

/** As it is listed where charges are pushed, while Waldur does not have the organisation. */
const NOT_PUSHED = `
  INSERT INTO pushed_item (
    charge_uuid, after_revision, revision, posting_uuid, customer_uuid, charge_month, invoice_month, name, currency, amount,
    state, reason
  )
  SELECT charge.uuid, 0, 1, posting.uuid, charge.customer_uuid, charge.month, charge.month, 'VM', charge.currency,
    posting.amount, 'not_sent', 'customer_not_in_waldur'
  FROM charge
  JOIN invoice_posting posting ON posting.charge_uuid = charge.uuid
  WHERE charge.customer_uuid = $1
  LIMIT 1`;

describe('A directory that was kept here, and now has a Waldur', () => {
  let waldur: WaldurStandIn;
  let app: TestApp;
  /** As long as the database is used by one service after the other. */
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let linked: Linked;
  let unknown: Linked;
  let settings: string;
  let same: { uuid: string };
  let ours: Record<'offering' | 'monthly' | 'yearly' | 'vendor' | 'planned', { uuid: string }>;
  let theirs: Record<'customer' | 'project' | 'plan' | 'offering' | 'resource', { uuid: string }>;
  let invoices: Row[];
  let billedAt: Date;

  const start = async (variables: Record<string, string>) =>
    startApp(variables, {}, { ...database, drop: () => Promise.resolve() });
  const beside = () => start({ WALDUR_URL: waldur.url, WALDUR_TOKEN: waldur.token, WALDUR_MAX_RETRIES: '1' });
  const list = async (path: string) => (await app.api.get(path)).body as Row[];

  beforeAll(async () => {
    waldur = await WaldurStandIn.start();
    database = await createDatabase(TEST_DATABASE);
    app = await start({});
    const world = await new BillingWorld(app).start();
    settings = world.settings;
    linked = await world.linked();
    unknown = await world.linked();
    const { api } = app;
    await api.patch(`/api/customers/${linked.customer}/`, { registration_code: '10001', email: 'here@example.com' });
    await api.patch(`/api/projects/${linked.project}/`, { backend_id: 'P-1' });
    const offering = await world.make.offering({ backend_id: 'M365' });
    const [monthly, yearly] = [
      await world.make.plan({ offering: offering.uuid, name: 'Monthly' }),
      await world.make.plan({ offering: offering.uuid, name: 'Ours alone' }),
    ];
    const vendor = await world.make.vendorMapping({ settings, offering: offering.uuid, plan: monthly.uuid });
    const planned = await world.make.resource({
      project: linked.project,
      offering: offering.uuid,
      plan: yearly.uuid,
      name: 'On a plan of ours',
    });
    const act = (action: string, body: object) =>
      api.post(`/api/admin/arrow/customer-mappings/${linked.mapping}/${action}/`, body);
    await act('unlink_resource', { resource_uuid: linked.resource });
    await act('link_resource', { resource_uuid: linked.resource, license_reference: linked.license.licenseId });
    same = await world.make.customer({ name: 'Under the UUID of Waldur' });
    ours = { offering, monthly, yearly, vendor, planned };
    world.export([world.line(linked.license, '100'), world.line(unknown.license, '7')]);
    await world.sync();
    const [draft] = (await list(`/api/invoices/?customer_uuid=${linked.customer}`)) as [{ uuid: string }];
    await api.post(`/api/invoices/${draft.uuid}/issue/`, {});
    invoices = await list(`/api/invoices/?customer_uuid=${linked.customer}`);
    billedAt = app.clock.now();
    await app.database.query(NOT_PUSHED, [linked.customer]);

    const customer = waldurCustomer({ name: 'In Waldur', registration_code: '10001' });
    const project = waldurProject(customer, { name: 'In Waldur', backend_id: 'P-1' });
    const plan = waldurPlan({ name: 'Monthly' });
    const offered = waldurOffering({ name: 'In Waldur', backend_id: 'M365', plans: [plan] });
    const resource = waldurResource(project, offered, { name: 'In Waldur', backend_id: linked.license.licenseId });
    waldur.data.customers.push(customer, waldurCustomer({ uuid: same.uuid.replaceAll('-', ''), name: 'By its UUID' }));
    waldur.data.projects.push(project);
    waldur.data.offerings.push(offered);
    waldur.data.resources.push(resource);
    theirs = { customer, project, plan, offering: offered, resource };
    await app.stop();
    app = await beside();
    app.clock.set(billedAt);
  });
  afterAll(async () => {
    await app?.stop();
    await waldur?.stop();
    await database?.drop();
  });

  it('cannot be moved before Waldur has been read', async () => {
    const { status, body } = await app.api.post(MOVES, { direction: 'in' });
    expect([status, body.code]).toEqual([409, 'waldur_not_read']);
    const out = await app.api.post(MOVES, { direction: 'out' });
    expect([out.status, out.body.code]).toEqual([409, 'beside_waldur']);
  });

  it('gives Waldur at once what is made here under the same UUID', async () => {
    const { result } = await sync(app);
    expect(result).toMatchObject({ customers: { created: 1, changed: 1, ours: 1 }, conflicts: 1 });
    expect((await app.api.get(`/api/customers/${same.uuid}/`)).body.name).toBe('By its UUID');
  });

  it('shows what would match, what is only here and what differs, and changes nothing', async () => {
    const move = await preview(app, 'in');
    expect([move.state, move.direction, move.applied_at]).toEqual(['previewed', 'in', null]);
    const counts = Object.fromEntries(move.counts.map(({ kind, ...rest }: { kind: string }) => [kind, rest]));
    expect(counts).toMatchObject({
      customer: { moves: 1, conflict: 0 },
      offering: { moves: 1 },
      plan: { moves: 1, stays: 1 },
      project: { moves: 1, stays: 1 },
      resource: { moves: 1, stays: 2, conflict: 0 },
    });
    const moving = await rowsOf(app, move, 'outcome=moves');
    expect(moving.map(({ kind, uuid, waldur_uuid, matched_by }) => [kind, uuid, waldur_uuid, matched_by])).toEqual([
      ['customer', linked.customer, dashed(theirs.customer.uuid), 'registration_code'],
      ['offering', ours.offering.uuid, dashed(theirs.offering.uuid), 'backend_id'],
      ['plan', ours.monthly.uuid, dashed(theirs.plan.uuid), 'name, of the same offering'],
      ['project', linked.project, dashed(theirs.project.uuid), 'backend_id'],
      ['resource', linked.resource, dashed(theirs.resource.uuid), 'backend_id'],
    ]);
    expect(moving[0]!.differences).toContainEqual({ field: 'email', here: 'here@example.com', waldur: '' });
    expect((await rowsOf(app, move, 'outcome=stays&kind=customer')).map(({ uuid }) => uuid)).toContain(
      unknown.customer,
    );
    expect((await app.api.get(`/api/customers/${linked.customer}/`)).status).toBe(200);
  });

  it('is not moved by a preview that is not true any more', async () => {
    const move = await preview(app, 'in');
    await app.api.patch(`/api/customers/${unknown.customer}/`, { registration_code: '777' });
    const applied = await apply(app, move);
    expect([applied.state, applied.job.error_code]).toEqual(['failed', 'move_outdated']);
    expect((await app.api.get(`/api/customers/${linked.customer}/`)).status).toBe(200);
    const again = await app.api.post(`${MOVES}${move.uuid}/apply/`, {});
    expect([again.status, again.body.code]).toEqual([409, 'move_not_ready']);
  });

  it('moves with its charges, invoices, links and mappings, and nothing is left behind', async () => {
    const applied = await apply(app, await preview(app, 'in'));
    expect([applied.state, applied.job.error_message]).toEqual(['applied', '']);
    expect(applied.job.result.references).toMatchObject({
      customer_mapping: 1,
      invoice: 1,
      license_link: 2,
      plan: 2,
      vendor_offering_mapping: 1,
    });
    const uuid = dashed(theirs.customer.uuid);
    expect((await app.api.get(`/api/customers/${linked.customer}/`)).status).toBe(404);
    const mapping = (await app.api.get(`/api/admin/arrow/customer-mappings/${linked.mapping}/`)).body;
    expect([mapping.waldur_customer_uuid, mapping.waldur_customer_name]).toEqual([uuid, 'In Waldur']);
    const moved = await list(`/api/invoices/?customer_uuid=${uuid}`);
    const told = ({ uuid: of, number, total, state }: Row) => [of, number, total, state];
    expect(moved.map(told)).toEqual(invoices.map(told));
    const vendor = (await app.api.get(`/api/admin/arrow/vendor-offering-mappings/${ours.vendor.uuid}/`)).body;
    expect([vendor.offering, vendor.plan]).toEqual([dashed(theirs.offering.uuid), dashed(theirs.plan.uuid)]);
    const resource = (await app.api.get(`/api/marketplace-resources/${dashed(theirs.resource.uuid)}/`)).body;
    expect(resource.backend_id).toBe(linked.license.licenseId);
    const planned = (await app.api.get(`/api/marketplace-resources/${ours.planned.uuid}/`)).body;
    expect(planned).toMatchObject({
      project_uuid: dashed(theirs.project.uuid),
      offering_uuid: dashed(theirs.offering.uuid),
      plan_uuid: ours.yearly.uuid,
    });
    const links = await list(`/api/admin/arrow/license-links/?resource_uuid=${theirs.resource.uuid}`);
    expect(links.map(({ kind }) => kind)).toEqual(['link', 'unlink']);
    const state = (await app.api.get('/api/admin/arrow/directory/')).body;
    expect(state.conflict_count).toBe(0);
    const trail = await list(`/api/admin/arrow/audit-events/?object_uuid=${linked.customer}`);
    expect(trail.map(({ action }) => action)).toContain('job.directory-move-apply');
  });

  it('is moved once, though its job is killed when it has done that', async () => {
    const moves = app.app.get(MovesService, { strict: false });
    const [{ uuid }] = (await list(`${MOVES}?state=applied`)) as [{ uuid: string }];
    const { counts, job_uuid } = (await app.api.get(`${MOVES}${uuid}/`)).body;
    const again = { progress: () => Promise.resolve(), run: { uuid: job_uuid } as JobRun };
    const moved = (kinds: { moves: number }[]) => kinds.map((kind) => kind.moves);
    expect(moved(Object.values((await moves.write(uuid, again)).counts))).toEqual(moved(counts));
    expect(moved(Object.values(await moves.preview(uuid, again)))).toEqual(moved(counts));
    expect((await app.api.get(`${MOVES}${uuid}/`)).body.state).toBe('applied');
    await expect(moves.write(uuid, { progress: again.progress })).rejects.toThrow(MoveNotReadyError);
  });

  it('is moved once also where the service is killed before the move names its job', async () => {
    const moves = app.app.get(MovesService, { strict: false });
    const { uuid } = await moves.make('in', 'somebody');
    const job = { progress: () => Promise.resolve(), run: { uuid: randomUUID() } as JobRun };
    await moves.preview(uuid, job);
    const { counts } = await moves.write(uuid, job);
    expect(await moves.write(uuid, job)).toEqual({ counts, references: {} });
    expect((await app.api.get(`${MOVES}${uuid}/`)).body.job_uuid).toBe(job.run.uuid);
  });

  it('stays moved, and its preview as it was, where a worker that was thought dead goes on with that', async () => {
    const moves = app.app.get(MovesService, { strict: false });
    const { uuid } = await moves.make('in', 'somebody');
    const alive = { progress: () => Promise.resolve() };
    const slow = {
      progress: async () => {
        await moves.preview(uuid, alive);
        await moves.write(uuid, alive);
      },
    };
    await expect(moves.preview(uuid, slow)).rejects.toThrow(MovePreviewedError);
    expect((await app.api.get(`${MOVES}${uuid}/`)).body.state).toBe('applied');
  });

  it('keeps an old preview for as long as it is being applied, though another is asked for meanwhile', async () => {
    // On the embedded database one thing happens after the other.
    if (app.kind === 'pglite') return;
    const { uuid } = await preview(app, 'in');
    const rows = await rowsOf(app, { uuid });
    await app.database.query(`UPDATE directory_move SET created = '2025-01-01' WHERE uuid = $1`, [uuid]);
    await app.database.transaction(async (manager) => {
      await manager.query('SELECT FROM directory_move WHERE uuid = $1 FOR UPDATE', [uuid]);
      expect((await app.api.post(MOVES, { direction: 'in' })).status).toBe(202);
    });
    expect(await rowsOf(app, { uuid })).toEqual(rows);
    expect((await preview(app, 'in')).state).toBe('previewed');
    expect((await app.api.get(`${MOVES}${uuid}/`)).status).toBe(404);
  });

  it('can be moved again: what moved has nothing left to move', async () => {
    const move = await preview(app, 'in');
    expect(await rowsOf(app, move, 'outcome=moves&outcome=conflict')).toEqual([]);
  });

  it('has its charges under the rows of Waldur, and none under what was here', async () => {
    const charges = await app.database.query<object[]>(
      'SELECT DISTINCT customer_uuid, resource_uuid, project_uuid FROM charge WHERE license_reference = $1',
      [linked.license.licenseId],
    );
    expect(charges).toEqual([
      {
        customer_uuid: dashed(theirs.customer.uuid),
        resource_uuid: dashed(theirs.resource.uuid),
        project_uuid: dashed(theirs.project.uuid),
      },
    ]);
  });

  it('has what was to be pushed to Waldur under the organisation there, and nothing else of it changed', async () => {
    const items = await app.database.query('SELECT customer_uuid, name, state FROM pushed_item');
    expect(items).toEqual([{ customer_uuid: dashed(theirs.customer.uuid), name: 'VM', state: 'not_sent' }]);
    const change = app.database.transaction(async (manager) => {
      await manager.query(`SELECT set_config('waldur_arrow.moving', 'on', true)`);
      await manager.query('UPDATE pushed_item SET amount = amount + 1');
    });
    await expect(change).rejects.toThrow('Moving the directory changes nothing of pushed_item but customer_uuid');
  });

  it('becomes ours again once there is no Waldur: the copies can be changed here', async () => {
    const unlink = async () => {
      const path = `/api/admin/arrow/customer-mappings/${linked.mapping}/unlink_resource/`;
      return (await app.api.post(path, { resource_uuid: theirs.resource.uuid })).status;
    };
    waldur.meanwhile = ({ method }) => (method === 'POST' ? { status: 500, body: {} } : undefined);
    expect(await unlink()).toBe(503);
    waldur.meanwhile = () => undefined;
    await app.stop();
    app = await start({});
    app.clock.set(billedAt);
    const move = await preview(app, 'out');
    const copied = await rowsOf(app, move, 'kind=customer');
    expect(copied.map(({ uuid, outcome }) => [uuid, outcome])).toContainEqual([dashed(theirs.customer.uuid), 'moves']);
    expect((await apply(app, move)).state).toBe('applied');
    const left = await app.database.query(`SELECT uuid FROM customer WHERE owner = 'waldur'`);
    expect(left).toEqual([]);
    const [never] = await list('/api/admin/arrow/license-links/?kind=unlink&o=-created');
    expect(never).toMatchObject({ state: 'failed', problem: expect.stringContaining('moved out') });
    expect(await unlink()).toBe(200);
    await app.stop();
    app = await beside();
    const { result } = await sync(app);
    expect(result.customers).toMatchObject({ whole: true, created: 0, ours: 2 });
  });
});

describe('A directory whose Waldur is taken away while it is read', () => {
  it('becomes ours: jobs that only a Waldur lets be done are cancelled, and keep it from nothing', async () => {
    const waldur = await WaldurStandIn.start();
    const database = await createDatabase(TEST_DATABASE);
    const start = (variables: Record<string, string>) =>
      startApp(variables, {}, { ...database, drop: () => Promise.resolve() });
    let app = await start({ WALDUR_URL: waldur.url, WALDUR_TOKEN: waldur.token, WALDUR_MAX_RETRIES: '0' });
    try {
      waldur.data.customers.push(waldurCustomer());
      await sync(app);
      const hangs = new Promise<void>((resolve) => {
        waldur.meanwhile = ({ path }) => void (path === 'projects/' && resolve());
      });
      waldur.faults.add({ path: '^projects/', action: { kind: 'hang' } });
      await app.api.post('/api/admin/arrow/directory/sync/', {});
      await hangs;
      await app.stop();
      app = await start({});
      // And one whose process was killed.
      await app.database.query(
        `INSERT INTO job_run (kind, scope, state, requested_by, lease_token, lease_expires_at)
         VALUES ('charges-push', 'waldur', 'running', 'schedule', gen_random_uuid(), clock_timestamp())`,
      );
      const applied = await apply(app, await preview(app, 'out'));
      expect([applied.state, applied.job.error_message]).toEqual(['applied', '']);
      const { body } = await app.api.get('/api/admin/arrow/jobs/?state=cancelled&o=kind');
      expect(body.map(({ kind }: Row) => kind).sort()).toEqual(['charges-push', 'directory-sync']);
    } finally {
      await app.stop();
      await waldur.stop();
      await database.drop();
    }
  });
});

describe('Rows that must not become Waldur’s', () => {
  let app: TestApp;
  let waldur: WaldurStandIn;
  let database: Awaited<ReturnType<typeof createDatabase>>;
  beforeAll(async () => {
    waldur = await WaldurStandIn.start();
    database = await createDatabase(TEST_DATABASE);
  });
  afterAll(async () => {
    await app?.stop();
    await waldur?.stop();
    await database?.drop();
  });

  it('are those whose keys are not clear, or that Waldur has elsewhere, and none has its name alone', async () => {
    app = await startApp({}, {}, { ...database, drop: () => Promise.resolve() });
    const { make } = new BillingWorld(app);
    const [twins, torn, named, owner] = [
      [await make.customer({ registration_code: 'T' }), await make.customer({ registration_code: 'T' })],
      await make.customer({ backend_id: 'B', registration_code: 'R' }),
      await make.customer({ name: 'Same name' }),
      await make.customer({ backend_id: 'OWNER' }),
    ] as const;
    const project = await make.project({ customer: owner.uuid, backend_id: 'MOVED-AWAY' });
    const branch = await make.customer({ backend_id: 'BRANCH-1', registration_code: 'GROUP' });
    const spelled = await make.resource({
      project: (await make.project({ customer: owner.uuid })).uuid,
      backend_id: 'xsp42',
    });
    const [gone, remade] = [
      await make.customer({ registration_code: 'REMADE' }),
      await make.customer({ registration_code: 'REMADE' }),
    ];
    await app.database.query('UPDATE customer SET gone_at = now() WHERE uuid = $1', [gone.uuid]);
    await app.stop();
    const elsewhere = waldurCustomer({ name: 'Elsewhere' });
    const owners = waldurCustomer({ backend_id: 'OWNER' });
    const [held, offered] = [waldurProject(owners), waldurOffering()];
    waldur.data.customers.push(
      waldurCustomer({ registration_code: 'T' }),
      waldurCustomer({ registration_code: 'REMADE' }),
      waldurCustomer({ backend_id: 'B' }),
      waldurCustomer({ registration_code: 'R' }),
      waldurCustomer({ name: 'Same name' }),
      owners,
      waldurCustomer({ backend_id: 'BRANCH-2', registration_code: 'GROUP' }),
      elsewhere,
    );
    waldur.data.projects.push(waldurProject(elsewhere, { backend_id: 'MOVED-AWAY' }), held);
    waldur.data.offerings.push(offered);
    waldur.data.resources.push(waldurResource(held, offered, { backend_id: 'XSP42' }));
    app = await startApp(
      { WALDUR_URL: waldur.url, WALDUR_TOKEN: waldur.token },
      {},
      { ...database, drop: () => Promise.resolve() },
    );
    await sync(app);
    const rows = new Map((await rowsOf(app, await preview(app, 'in'))).map((row) => [row.uuid, row]));
    const told = ({ uuid }: { uuid: string }) => [rows.get(uuid)!.outcome, rows.get(uuid)!.reason];
    const shared = 'Another row here has a key of the same row of Waldur.';
    expect(twins.map(told)).toEqual([
      ['conflict', shared],
      ['conflict', shared],
    ]);
    expect(told(torn)).toEqual(['conflict', 'Its keys lead to several rows of Waldur.']);
    expect(told(named)).toEqual(['stays', '']);
    expect(told(branch)).toEqual(['stays', '']);
    expect([owner, spelled].map(told)).toEqual([
      ['moves', ''],
      ['moves', ''],
    ]);
    expect([gone, remade].map(told)).toEqual([
      ['stays', ''],
      ['moves', ''],
    ]);
    expect(told(project)).toEqual(['conflict', 'Its organisation is not the one that Waldur has it under.']);
  });

  it('has every column that names a row of the directory among those that follow', async () => {
    const references = await app.database.query<{ named: string }[]>(`
      SELECT conrelid::regclass || '.' || attname AS named
      FROM pg_constraint
      JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
      WHERE contype = 'f' AND confrelid::regclass::text IN ('customer', 'offering', 'plan', 'project', 'resource')`);
    expect(references.length).toBeGreaterThan(15);
    const strays = references.filter(({ named }) => !/[._](customer|offering|plan|project|resource)_uuid$/.test(named));
    expect(strays).toEqual([]);
  });
});
