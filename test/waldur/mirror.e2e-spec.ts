import {
  type Row,
  waldurCustomer,
  waldurOffering,
  waldurPlan,
  waldurProject,
  waldurResource,
} from '../../emulator/waldur/waldur-data.js';
import { SHEET_KINDS } from '../../src/spreadsheets/sheet-kind-names.js';
import { BillingWorld } from '../billing/billing-world.js';
import { counts, Sheets } from '../spreadsheets/sheets.js';
import { type Beside, startBeside, dashed } from './support.js';

describe('The copy of a Waldur', () => {
  let beside: Beside;
  let settings: string;
  const customer = waldurCustomer({ name: 'Põhjala Tehnika OÜ', registration_code: '1234' });
  const project = waldurProject(customer);
  const plan = waldurPlan();
  const offering = waldurOffering({ customer_uuid: customer.uuid, plans: [plan] });
  const resource = waldurResource(project, offering, { backend_id: 'XSP1', plan_uuid: plan.uuid });
  const touch = (row: { modified: string }) => (row.modified = new Date(Date.now() + 1000).toISOString());

  beforeAll(async () => {
    beside = await startBeside();
    const { data } = beside.waldur;
    data.customers.push(customer);
    data.projects.push(project);
    data.offerings.push(offering);
    data.resources.push(resource);
  });
  afterAll(() => beside?.stop());

  it('has Waldur rows under their UUIDs, and says how many there were', async () => {
    const job = await beside.sync();
    expect([job.state, job.error_message]).toEqual(['succeeded', '']);
    expect(job.result).toMatchObject({
      customers: { whole: true, read: 1, created: 1, unchanged: 0, gone: 0 },
      projects: { created: 1 },
      offerings: { read: 1, created: 2 },
      resources: { created: 1, passed_over: [] },
      conflicts: 0,
    });
    const { body } = await beside.app.api.get(`/api/marketplace-resources/${resource.uuid}/`);
    expect(body).toMatchObject({
      uuid: dashed(resource.uuid),
      backend_id: 'XSP1',
      project_uuid: dashed(project.uuid),
      plan_uuid: dashed(plan.uuid),
      customer_uuid: dashed(customer.uuid),
    });
  });

  it('is read again without a change, and then only what changed is asked for', async () => {
    beside.waldur.requests.length = 0;
    const job = await beside.sync();
    expect(job.result).toMatchObject({
      customers: { whole: true, unchanged: 1, changed: 0 },
      resources: { whole: false, created: 0, changed: 0 },
    });
    const lists = beside.waldur.requests.filter(({ path }) => path !== 'users/me/');
    expect(lists.map(({ path }) => path)).toEqual([
      'customers/',
      'projects/',
      'marketplace-provider-offerings/',
      'marketplace-provider-resources/',
    ]);
    // Each list counts only where all of it is shown.
    expect(beside.waldur.requests).toHaveLength(8);
    const { query } = lists[3]!;
    expect([query.get('o'), query.get('page_size')]).toEqual(['created', '300']);
    expect(query.getAll('field')).not.toContain('offering_name');
  });

  it('changes and goes as Waldur does, and keeps what is gone', async () => {
    customer.name = 'Põhjala AS';
    resource['state'] = 'Terminated';
    touch(resource);
    const removed = waldurProject(customer, { name: 'Old', is_removed: true });
    touch(removed);
    beside.waldur.data.projects.push(removed);
    const { result } = await beside.sync();
    expect(result).toMatchObject({ customers: { changed: 1 }, projects: { created: 1 }, resources: { gone: 1 } });
    const { body } = await beside.app.api.get(`/api/customers/?name_exact=${encodeURIComponent('Põhjala AS')}`);
    expect(body).toHaveLength(1);
    expect((await beside.app.api.get('/api/projects/?name=Old')).body).toEqual([]);
    const { body: terminated } = await beside.app.api.get(`/api/marketplace-resources/${resource.uuid}/`);
    expect(terminated.state).toBe('Terminated');
  });

  it('cannot be made, renamed or deleted here: 409 says where', async () => {
    const { api } = beside.app;
    const answers = [
      await api.post('/api/customers/', { name: 'New' }),
      await api.post('/api/projects/', { name: 'New', customer: customer.uuid }),
      await api.post('/api/marketplace-provider-offerings/', { name: 'New' }),
      await api.post('/api/marketplace-plans/', { name: 'New', offering: offering.uuid }),
      await api.post('/api/marketplace-resources/', { name: 'N', project: project.uuid, offering: offering.uuid }),
      await api.patch(`/api/customers/${customer.uuid}/`, { name: 'Other' }),
      await api.delete(`/api/projects/${project.uuid}/`),
      await api.patch(`/api/marketplace-resources/${resource.uuid}/`, { name: 'Other' }),
    ];
    for (const { status, body } of answers) {
      expect([status, body.code]).toEqual([409, 'owned_by_waldur']);
      expect(body.detail).toContain(beside.waldur.url);
    }
  });

  it('cannot be made or changed by a file either: its rows are refused, and unchanged ones and mappings are not', async () => {
    const sheets = new Sheets(beside.app);
    const says = (what: string) =>
      expect.stringMatching(new RegExp(`^2 : Here ${what} are copies of Waldur's.*${beside.waldur.url}`));
    const files = [
      ['organisations', `uuid,name\n${customer.uuid},Other`],
      ['organisations', 'backend_id,name\nC-new,New'],
      ['projects', `uuid,name\n${project.uuid},Other`],
      ['offerings', `uuid,state\n${offering.uuid},Paused`],
      ['resources', `uuid,backend_id\n${resource.uuid},XSP-other`],
    ] as const;
    for (const [kind, file] of files) {
      const preview = await sheets.preview(kind, file);
      expect([kind, counts(preview)]).toEqual([kind, [0, 0, 0, 1]]);
      expect(await sheets.faults(preview)).toEqual([says(kind)]);
      expect((await sheets.apply(preview, true)).state).toBe('applied');
    }
    expect(await sheets.faults(await sheets.preview('offerings', `offering,name\n${offering.uuid},New`))).toEqual([
      says('plans'),
    ]);
    const ofHere = new TextDecoder().decode(await sheets.exported('organisations', 'format=csv'));
    expect(counts(await sheets.preview('organisations', ofHere))).toEqual([0, 0, 1, 0]);
    const { body } = await beside.app.api.get(`/api/marketplace-resources/${resource.uuid}/`);
    expect([body.backend_id, body.customer_name]).toEqual(['XSP1', customer.name]);
    expect((await beside.sync({ whole: true })).result).toMatchObject({ customers: { changed: 0 } });
  });

  it('asks Waldur once for a row that a request names and it lacks', async () => {
    const late = waldurCustomer({ name: 'Late OÜ' });
    const lateProject = waldurProject(late);
    beside.waldur.data.customers.push(late);
    beside.waldur.data.projects.push(lateProject);
    beside.waldur.requests.length = 0;
    expect((await beside.app.api.get(`/api/projects/${lateProject.uuid}/`)).body).toMatchObject({
      customer_name: 'Late OÜ',
    });
    expect(beside.waldur.requests.map(({ path }) => path)).toEqual([
      `projects/${dashed(lateProject.uuid)}/`,
      `customers/${dashed(late.uuid)}/`,
    ]);
    beside.waldur.requests.length = 0;
    const unknown = 'a'.repeat(32);
    for (let times = 0; times < 3; times += 1)
      expect((await beside.app.api.get(`/api/projects/${unknown}/`)).status).toBe(404);
    expect(beside.waldur.requests.map(({ path }) => path)).toEqual([`projects/${dashed(unknown)}/`, 'users/me/']);
  });

  it('asks Waldur for the offering of a plan that a request names and it lacks', async () => {
    ({ settings } = await new BillingWorld(beside.app).start());
    const latePlan = waldurPlan({ name: 'Late' });
    (offering['plans'] as object[]).push(latePlan);
    const mapping = { settings, arrow_vendor_name: 'Late', offering: offering.uuid, plan: latePlan.uuid };
    const { status, body } = await beside.app.api.post('/api/admin/arrow/vendor-offering-mappings/', mapping);
    expect([status, body.plan_name]).toEqual([201, 'Late']);
    const refused = await beside.app.api.post('/api/admin/arrow/vendor-offering-mappings/', {
      ...mapping,
      arrow_vendor_name: 'Other',
      plan: 'b'.repeat(32),
    });
    expect([refused.status, Object.keys(refused.body)]).toEqual([400, ['plan']]);
  });

  it('leaves out plans that Waldur has no more, from offerings and from what is to choose from', async () => {
    const plans = offering['plans'] as Row[];
    const gone = plans.pop()!;
    touch(offering);
    await beside.sync();
    const names = async (path: string) => ((await beside.app.api.get(path)).body as Row[]).map(({ name }) => name);
    const kept = plans.map(({ name }) => name);
    expect(await names(`/api/marketplace-public-offerings/${offering.uuid}/plans/`)).toEqual(kept);
    const { body } = await beside.app.api.get(`/api/marketplace-provider-offerings/${offering.uuid}/`);
    expect(body.plans.map(({ name }: Row) => name)).toEqual(kept);
    expect((await beside.app.api.get(`/api/marketplace-plans/${gone.uuid}/`)).body.name).toBe('Late');
  });

  it('is exported and imported again without a change, though some of it names what is gone', async () => {
    const old = waldurProject(customer, { name: 'Ended' });
    const plans = offering['plans'] as Row[];
    const ended = waldurPlan({ name: 'Ended' });
    plans.push(ended);
    const { data } = beside.waldur;
    data.projects.push(old);
    data.resources.push(
      waldurResource(old, offering, { name: 'Of a project that is gone', state: 'Terminated' }),
      waldurResource(project, offering, { name: 'With a plan that is gone', plan_uuid: ended.uuid }),
    );
    const leaver = waldurCustomer({ name: 'Left' });
    data.customers.push(leaver);
    await beside.sync({ whole: true });
    const mapping = { settings, arrow_reference: 'XSP77', waldur_customer: leaver.uuid };
    expect((await beside.app.api.post('/api/admin/arrow/customer-mappings/', mapping)).status).toBe(201);
    data.customers.pop();
    old['is_removed'] = true;
    plans.pop();
    for (const row of [old, offering]) touch(row);
    await beside.sync({ whole: true });
    const sheets = new Sheets(beside.app);
    for (const kind of SHEET_KINDS) {
      const found = await sheets.preview(kind, await sheets.exported(kind, 'format=csv'));
      const [created, changed, unchanged] = counts(found);
      expect([kind, await sheets.faults(found), created, changed]).toEqual([kind, [], 0, 0]);
      expect(unchanged).toBeGreaterThan(0);
    }
    const file = `uuid,name,project,offering,plan\n,New,${old.uuid},${offering.uuid},${ended.uuid}`;
    expect(await sheets.faults(await sheets.preview('resources', file))).toEqual([
      expect.stringContaining("2 : Here resources are copies of Waldur's"),
      expect.stringContaining('2 project: There is no project with the uuid'),
      expect.stringContaining('2 plan: There is no plan with the uuid'),
    ]);
  });

  it('says how fresh it is, and in the metrics too', async () => {
    const { body } = await beside.app.api.get('/api/admin/arrow/directory/');
    expect(body).toMatchObject({ waldur_url: beside.waldur.url, read_at: expect.any(String), last_error: '' });
    expect(body.lists.map(({ kind }: { kind: string }) => kind).sort()).toEqual([
      'customers',
      'offerings',
      'projects',
      'resources',
    ]);
  });
});

describe('Licences that several resources of Waldur have', () => {
  let beside: Beside;
  const customer = waldurCustomer();
  const project = waldurProject(customer);
  const offering = waldurOffering();
  const touch = (row: { modified: string }) => (row.modified = new Date(Date.now() + 1000).toISOString());
  const [one, two, three] = ['One', 'Two', 'Three'].map((name) =>
    waldurResource(project, offering, { name, backend_id: 'XSP7' }),
  ) as [ReturnType<typeof waldurResource>, ReturnType<typeof waldurResource>, ReturnType<typeof waldurResource>];
  const holders = async () => {
    const rows = await beside.app.database.query(
      `SELECT name, backend_id AS has, disputed_backend_id AS claims FROM resource ORDER BY name`,
    );
    return Object.fromEntries(
      rows.map(({ name, has, claims }: Record<string, string>) => [name, has || (claims && `(${claims})`)]),
    );
  };

  beforeAll(async () => {
    beside = await startBeside();
    const { data } = beside.waldur;
    data.customers.push(customer);
    data.projects.push(project);
    data.offerings.push(offering);
  });
  afterAll(() => beside?.stop());

  it('stay with whom has them, and are a conflict for whom comes later', async () => {
    beside.waldur.data.resources.push(one);
    await beside.sync();
    expect(await holders()).toEqual({ One: 'XSP7' });
    touch(two);
    beside.waldur.data.resources.push(two);
    const job = await beside.sync();
    expect([job.state, job.result.conflicts]).toEqual(['succeeded', 1]);
    expect(await holders()).toEqual({ One: 'XSP7', Two: '(XSP7)' });
    const { body } = await beside.app.api.get('/api/admin/arrow/directory/');
    expect(body.conflicts).toEqual([
      {
        resource_uuid: dashed(two.uuid),
        resource_name: 'Two',
        license_reference: 'XSP7',
        holder_uuid: dashed(one.uuid),
      },
    ]);
  });

  it('go to the one that is left, and to nobody where two are left', async () => {
    one['backend_id'] = '';
    touch(one);
    await beside.sync();
    expect(await holders()).toEqual({ One: '', Two: 'XSP7' });
    two['backend_id'] = 'XSP8';
    one['backend_id'] = 'XSP7';
    for (const row of [one, two, three]) touch(row);
    beside.waldur.data.resources.push(three);
    const { result } = await beside.sync();
    expect(result.conflicts).toBe(2);
    expect(await holders()).toEqual({ One: '(XSP7)', Two: 'XSP8', Three: '(XSP7)' });
    three['backend_id'] = '';
    touch(three);
    await beside.sync();
    expect(await holders()).toEqual({ One: 'XSP7', Two: 'XSP8', Three: '' });
  });

  it('can change places in one reading', async () => {
    [one['backend_id'], two['backend_id']] = [two['backend_id'], one['backend_id']];
    touch(one);
    touch(two);
    await beside.sync();
    expect(await holders()).toEqual({ One: 'XSP8', Two: 'XSP7', Three: '' });
  });

  it('are one licence in whatever letter case, and are shown as Waldur spells them', async () => {
    three['backend_id'] = 'xsp8';
    touch(three);
    expect((await beside.sync()).result.conflicts).toBe(1);
    expect(await holders()).toEqual({ One: 'XSP8', Two: 'XSP7', Three: '(xsp8)' });
    one['backend_id'] = '';
    touch(one);
    await beside.sync();
    expect(await holders()).toEqual({ One: '', Two: 'XSP7', Three: 'xsp8' });
    const { body } = await beside.app.api.get(`/api/marketplace-resources/${dashed(three.uuid)}/`);
    expect(body.backend_id).toBe('xsp8');
  });
});
