import {
  type Row,
  waldurCustomer,
  waldurOffering,
  waldurProject,
  waldurResource,
} from '../../emulator/waldur/waldur-data.js';
import { WaldurStandIn } from '../../emulator/waldur/waldur-stand-in.js';
import { createApp } from '../../src/configure-app.js';
import { readEnv } from '../../src/config/env.js';
import { ApiClient } from '../support/api-client.js';
import { STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';
import { createDatabase } from '../support/databases.js';
import { type Beside, ended, startBeside } from './support.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

describe('A Waldur that is not well, or changes while it is read', () => {
  let beside: Beside;
  const offering = waldurOffering();
  const customer = waldurCustomer();
  const project = waldurProject(customer);
  const resources = Array.from({ length: 700 }, (_, at) =>
    waldurResource(project, offering, { name: `Resource ${at}`, backend_id: `XSP${at}` }),
  );
  const touch = (row: Row) => (row.modified = new Date(Date.now() + 1000).toISOString());
  const live = async () => {
    const [{ count }] = await beside.app.database.query(
      `SELECT count(*)::integer AS count FROM resource WHERE gone_at IS NULL`,
    );
    return count as number;
  };
  const pagesOf = (path: string) => beside.waldur.requests.filter((request) => request.path === path).length;

  beforeAll(async () => {
    beside = await startBeside();
    beside.waldur.data = {
      ...beside.waldur.data,
      customers: [customer],
      projects: [project],
      offerings: [offering],
      resources: [...resources],
    };
  });
  afterAll(() => beside?.stop());
  afterEach(() => {
    beside.waldur.faults.clear();
    beside.waldur.meanwhile = () => undefined;
    beside.waldur.clockAheadMs = 0;
  });

  it('calls nothing gone that only moved to another page while it was read', async () => {
    await beside.sync();
    expect(await live()).toBe(700);
    const { data } = beside.waldur;
    let removed: Row | undefined;
    // The first row goes after its page was read, and a new one comes at the end: the total says nothing of it.
    beside.waldur.meanwhile = ({ path, query }) => {
      if (removed || path !== 'marketplace-provider-resources/' || query.get('page') !== '2') return;
      removed = data.resources.shift();
      data.resources.push(waldurResource(project, offering, { name: 'Came late' }));
    };
    const { state, result } = await beside.sync({ whole: true });
    expect(state).toBe('succeeded');
    expect(result['resources']).toMatchObject({ whole: true, gone: 0, incomplete: null });
    expect(await live()).toBe(701);
    await beside.sync({ whole: true });
    expect(await live()).toBe(700);
  });

  it('reads a list again that became shorter, and calls nothing gone that it could not read wholly', async () => {
    const { data } = beside.waldur;
    beside.waldur.meanwhile = ({ path, query }) => {
      if (path === 'marketplace-provider-resources/' && query.get('page') === '2') data.resources.pop();
    };
    beside.waldur.requests.length = 0;
    const job = await beside.sync({ whole: true });
    expect([job.state, job.error_code]).toEqual(['failed', 'incomplete']);
    expect(job.result['resources']).toMatchObject({ gone: 0, incomplete: expect.stringContaining('shorter') });
    expect(pagesOf('marketplace-provider-resources/')).toBeGreaterThanOrEqual(6);
    expect(await live()).toBe(700);
    beside.waldur.meanwhile = () => undefined;
    expect((await beside.sync({ whole: true })).state).toBe('succeeded');
    expect(await live()).toBe(data.resources.length);
  });

  it('is refused with what it is, where a web page answers', async () => {
    beside.waldur.faults.add({ path: '^projects/', action: { kind: 'html' } });
    const job = await beside.sync();
    expect([job.state, job.error_code]).toEqual(['failed', 'waldur_malformed_answer']);
    expect(job.error_message).toContain('web page');
    const { body } = await beside.app.api.get('/api/admin/arrow/directory/');
    expect(body.last_error).toBe(job.error_message);
    beside.waldur.faults.clear();
    await beside.sync();
    expect((await beside.app.api.get('/api/admin/arrow/directory/')).body.last_error).toBe('');
  });

  it('follows no redirect, and sends its token nowhere else', async () => {
    beside.waldur.faults.add({ path: '^customers/', action: { kind: 'redirect', location: 'https://other.example/' } });
    const job = await beside.sync();
    expect(job.error_message).toContain('https://other.example/');
    expect(job.error_code).toBe('waldur_malformed_answer');
  });

  it('fails the run where it goes away in the middle, and goes on when it is back', async () => {
    const before = await live();
    beside.waldur.faults.add({
      path: '^marketplace-provider-resources/',
      page: 2,
      action: { kind: 'reset-before-headers' },
    });
    const job = await beside.sync({ whole: true });
    expect([job.state, job.error_code]).toEqual(['failed', 'waldur_unavailable']);
    expect(await live()).toBe(before);
    beside.waldur.faults.clear();
    expect((await beside.sync({ whole: true })).state).toBe('succeeded');
  });

  describe('whose token has lost staff', () => {
    const before = async () => {
      const { body } = await beside.app.api.get('/api/admin/arrow/directory/');
      const kinds = (body.lists as { kind: string; read_at: string }[]).map(({ kind, read_at }) => [kind, read_at]);
      return { live: await live(), kinds, customers: (await beside.app.api.get('/api/customers/')).body.length };
    };
    const lose = (isLost: boolean) => (beside.waldur.data.users[0]!['is_staff'] = !isLost);
    afterEach(() => lose(false));

    it.each([true, false])('fails the run by that, and nothing counts as gone or read; whole: %s', async (whole) => {
      await beside.sync({ whole: true });
      const then = await before();
      lose(true);
      const job = await beside.sync({ whole });
      expect([job.state, job.error_code, job.error_message]).toEqual([
        ...['failed', 'waldur_not_allowed'],
        expect.stringContaining("it has to be a staff user's"),
      ]);
      expect(await before()).toEqual(then);
      lose(false);
      const { state, result } = await beside.sync({ whole: true });
      expect([state, result['resources']!['changed'], result['customers']!['gone']]).toEqual(['succeeded', 0, 0]);
    });

    it('fails it also where that happens while it is asked for the few that did not come', async () => {
      await beside.sync({ whole: true });
      const then = await before();
      const { data } = beside.waldur;
      const hidden = data.resources.splice(0, 3);
      beside.waldur.meanwhile = ({ path }) => {
        if (path.startsWith('marketplace-provider-resources/') && path.length > 60) lose(true);
      };
      expect((await beside.sync({ whole: true })).error_code).toBe('waldur_not_allowed');
      data.resources.unshift(...hidden);
      expect((await before()).live).toBe(then.live);
    });

    it('does not say that a row is not there which a request names', async () => {
      lose(true);
      const unknown = waldurCustomer();
      const { status, body } = await beside.app.api.get(`/api/customers/${unknown.uuid}/`);
      expect([status, body.code]).toEqual([400, 'waldur_not_allowed']);
    });
  });

  it('takes 410 for what 404 says, and not for a page of a list that is gone', async () => {
    const gone = waldurCustomer();
    beside.waldur.meanwhile = ({ path }) =>
      path.startsWith('customers/') && path.length > 20 ? { status: 410, body: { detail: 'Gone.' } } : undefined;
    expect((await beside.app.api.get(`/api/customers/${gone.uuid}/`)).status).toBe(404);
    const then = await live();
    beside.waldur.meanwhile = ({ path, query }) =>
      path === 'marketplace-provider-resources/' && query.get('page') === '2'
        ? { status: 410, body: { detail: 'Gone.' } }
        : undefined;
    const job = await beside.sync({ whole: true });
    expect([job.state, job.error_code, await live()]).toEqual(['failed', 'incomplete', then]);
  });

  it('marks what is gone where it was restored from an older backup', async () => {
    const { data } = beside.waldur;
    const kept = data.resources.slice(0, 300);
    data.resources.length = 0;
    data.resources.push(...kept);
    const { state, result } = await beside.sync({ whole: true });
    expect([state, await live()]).toEqual(['succeeded', 300]);
    expect(result['resources']!['gone']).toBeGreaterThan(300);
    const { body } = await beside.app.api.get('/api/marketplace-resources/?backend_id=XSP650');
    expect(body).toMatchObject([{ state: 'Terminated', backend_id: 'XSP650' }]);
  });

  it('is asked for changes by its own clock, whatever ours says', async () => {
    beside.waldur.clockAheadMs = -5 * 3_600_000;
    await beside.sync({ whole: true });
    beside.waldur.requests.length = 0;
    await beside.sync();
    const { query } = beside.waldur.requests.find(({ path }) => path === 'projects/')!;
    const behindMs = Date.now() - Date.parse(query.get('modified')!);
    expect(behindMs).toBeGreaterThan(5 * 3_600_000);
    expect(behindMs).toBeLessThan(5.5 * 3_600_000);
  });

  it('is read whole once its clock has been set back, as changes have earlier times then', async () => {
    beside.waldur.clockAheadMs = 48 * 3_600_000;
    await beside.sync({ whole: true });
    beside.waldur.clockAheadMs = 0;
    project.name = 'Named anew';
    touch(project);
    const named = async () => (await beside.app.api.get(`/api/projects/${project.uuid}/`)).body.name;
    expect((await beside.sync()).result['projects']).toMatchObject({ whole: false, read: 0 });
    expect((await beside.sync()).result['projects']).toMatchObject({ whole: true, changed: 1 });
    expect(await named()).toBe('Named anew');
    expect((await beside.sync()).result['projects']).toMatchObject({ whole: false });
  });

  it('passes over a resource of a project that it does not show, and names it', async () => {
    const hidden = waldurResource(waldurProject(customer), offering, { name: 'Of a hidden project' });
    touch(hidden);
    beside.waldur.data.resources.push(hidden);
    const { state, result } = await beside.sync();
    expect(state).toBe('succeeded');
    expect(result['resources']!['passed_over']).toHaveLength(1);
    beside.waldur.data.resources.pop();
  });

  it('takes what is older than its kinds of questions: a list that refuses the time of change is read whole', async () => {
    const status = { kind: 'status' as const, status: 400, body: { modified: ['Enter a valid date.'] } };
    beside.waldur.faults.add({ path: '^projects/', count: 2, action: status });
    const { state, result } = await beside.sync();
    expect(state).toBe('succeeded');
    expect(result['projects']).toMatchObject({ whole: true });
  });

  it('takes a Waldur that narrows resources by the day of their change: not all of them are read', async () => {
    const { waldur } = beside;
    const changed = waldur.data.resources[0]!;
    Object.assign(changed, { name: 'Named by day' });
    touch(changed);
    waldur.takesDaysOnly = true;
    const { state, result } = await beside.sync();
    waldur.takesDaysOnly = false;
    expect(state).toBe('succeeded');
    expect(result['resources']).toMatchObject({ whole: false, changed: 1 });
    expect((await beside.app.api.get(`/api/marketplace-resources/${changed.uuid}/`)).body.name).toBe('Named by day');
    const asked = waldur.requests.flatMap(({ path, query }) =>
      path === 'marketplace-provider-resources/' && query.has('modified') ? [query.get('modified')] : [],
    );
    expect(asked.slice(-2)).toEqual([expect.stringMatching(/T/), expect.stringMatching(/^\d{4}-\d\d-\d\d$/)]);
  });
});

describe('A list that was read long before the next one, or not wholly', () => {
  let beside: Beside;
  const [customer, offering] = [waldurCustomer(), waldurOffering()];
  const HOUR = 3_600_000;
  beforeAll(async () => {
    beside = await startBeside();
    const { data } = beside.waldur;
    data.customers.push(customer);
    data.offerings.push(offering);
    await beside.sync();
  });
  afterAll(() => beside?.stop());
  afterEach(() => {
    beside.waldur.meanwhile = () => undefined;
  });

  /** A project with a resource, both made so long from now by Waldur's clock. */
  const made = (fromNow: number) => {
    const modified = new Date(Date.now() + fromNow).toISOString();
    const project = waldurProject(customer, { modified });
    const resource = waldurResource(project, offering, { modified });
    beside.waldur.data.projects.push(project);
    beside.waldur.data.resources.push(resource);
    return async () => {
      const rows = await beside.app.database.query('SELECT uuid FROM resource WHERE uuid = $1', [resource.uuid]);
      return rows.length === 1;
    };
  };

  it('does not hide what was made in between: it is read with what it belongs to, by the next run', async () => {
    const { waldur } = beside;
    let isHere: (() => Promise<boolean>) | undefined;
    waldur.meanwhile = ({ path }) => {
      if (isHere || path !== 'marketplace-provider-offerings/') return;
      isHere = made(HOUR);
      waldur.clockAheadMs = 2 * HOUR;
    };
    const first = await beside.sync();
    expect([first.state, first.result['resources']!['passed_over']]).toEqual(['succeeded', [expect.any(String)]]);
    const next = await beside.sync();
    expect(next.result['resources']).toMatchObject({ whole: false, created: 1 });
    expect(await isHere!()).toBe(true);
  });

  it('does not hide what came with a list that names it: that is read again once the first is whole', async () => {
    const { waldur } = beside;
    await beside.sync({ whole: true });
    const isHere = made(waldur.clockAheadMs + HOUR);
    waldur.clockAheadMs += 2 * HOUR;
    waldur.meanwhile = ({ path }) =>
      path === 'projects/' ? { status: 200, body: [], headers: { 'x-result-count': '1' } } : undefined;
    const first = await beside.sync();
    expect([first.error_code, first.result['resources']!['passed_over']]).toEqual(['incomplete', [expect.any(String)]]);
    waldur.meanwhile = () => undefined;
    const next = await beside.sync();
    expect([next.state, next.result['resources']!['created']]).toEqual(['succeeded', 1]);
    expect(await isHere()).toBe(true);
  });
});

describe('A first reading that ends in the middle', () => {
  let beside: Beside;
  beforeAll(async () => {
    beside = await startBeside();
  });
  afterAll(() => beside?.stop());

  it('has no conflict of what only one resource claims', async () => {
    const [customer, offering] = [waldurCustomer(), waldurOffering()];
    const project = waldurProject(customer);
    const resources = Array.from({ length: 301 }, (_, at) =>
      waldurResource(project, offering, { backend_id: `XSP${at < 2 ? 0 : at}` }),
    );
    const { data, faults } = beside.waldur;
    Object.assign(data, { customers: [customer], projects: [project], offerings: [offering], resources });
    faults.add({ path: '^marketplace-provider-resources/', page: 2, action: { kind: 'status', status: 503 } });
    expect((await beside.sync()).state).toBe('failed');
    const conflicts = async () => (await beside.app.api.get('/api/admin/arrow/directory/')).body.conflict_count;
    expect(await conflicts()).toBe(2);
    faults.clear();
    expect((await beside.sync()).result.conflicts).toBe(2);
    expect(await conflicts()).toBe(2);
  });
});

describe('A service that is given another Waldur', () => {
  it('takes nothing that it knows of the former one for knowledge of this one, and reads it whole', async () => {
    const [former, other] = [await WaldurStandIn.start(), await WaldurStandIn.start()];
    const database = await createDatabase(TEST_DATABASE);
    const start = ({ url, token }: WaldurStandIn) =>
      startApp({ WALDUR_URL: url, WALDUR_TOKEN: token }, {}, { ...database, drop: () => Promise.resolve() });
    const sync = async ({ api }: TestApp) => (await api.post('/api/admin/arrow/directory/sync/', {})).body.job_id;
    let app = await start(former);
    try {
      await ended(app, await sync(app));
      await app.stop();
      const long = new Date(Date.now() - 86_400_000).toISOString();
      const customer = waldurCustomer();
      const project = waldurProject(customer, { modified: long });
      other.data.customers.push(customer);
      other.data.projects.push(project);
      app = await start(other);
      const { body } = await app.api.get('/api/admin/arrow/directory/');
      expect(body).toMatchObject({ waldur_url: other.url, read_at: null, lists: [] });
      const { result } = await ended(app, await sync(app));
      expect(result['projects']).toMatchObject({ whole: true, created: 1 });
      expect((await app.api.get('/api/admin/arrow/directory/')).body.lists).toHaveLength(4);
    } finally {
      await app.stop();
      await Promise.all([former.stop(), other.stop()]);
      await database.drop();
    }
  });
});

describe('A reading that is asked for while another is under way', () => {
  let beside: Beside;
  beforeAll(async () => {
    beside = await startBeside();
  });
  afterAll(() => beside?.stop());

  it('is that one, unless that one does less than is asked for', async () => {
    let goOn: () => void = () => undefined;
    const isHeld = new Promise<void>((resolve) => (goOn = resolve));
    beside.waldur.meanwhile = () => isHeld;
    const ask = (body: object) => beside.app.api.post('/api/admin/arrow/directory/sync/', body);
    const { body: first } = await ask({});
    expect((await ask({ whole: false })).body.job_id).toBe(first.job_id);
    const refused = await ask({ whole: true });
    expect([refused.status, refused.body.code]).toEqual([409, 'other_run_under_way']);
    expect(refused.body.detail).toContain(first.job_id);
    goOn();
    await ended(beside.app, first.job_id);
    beside.waldur.meanwhile = () => undefined;
    expect((await beside.sync({ whole: true })).state).toBe('succeeded');
  });
});

describe('A reading that cannot be stored', () => {
  let beside: Beside;
  beforeAll(async () => {
    beside = await startBeside();
    beside.waldur.data.customers.push(waldurCustomer());
  });
  afterAll(() => beside?.stop());

  it('fails the run, though nothing came of the lists that were read meanwhile', async () => {
    const { database } = beside.app;
    await database.query(`ALTER TABLE waldur_mark ADD CONSTRAINT ck_full CHECK (kind <> 'customers')`);
    expect((await beside.sync()).state).toBe('failed');
    expect(await database.query('SELECT kind FROM waldur_mark')).toEqual([]);
    await database.query('ALTER TABLE waldur_mark DROP CONSTRAINT ck_full');
    expect((await beside.sync()).state).toBe('succeeded');
    expect(await database.query('SELECT kind FROM waldur_mark')).toHaveLength(4);
  });
});

describe('A reading whose process is gone', () => {
  let beside: Beside;
  beforeAll(async () => {
    beside = await startBeside();
    const customer = waldurCustomer();
    beside.waldur.data.customers.push(customer);
    beside.waldur.data.projects.push(waldurProject(customer));
  });
  afterAll(() => beside?.stop());

  it('is gone on with by the next one, from the list that was not finished', async () => {
    const { app, waldur } = beside;
    if (app.kind === 'pglite') return;
    // Stands for ever at the offerings; the process ends there.
    const first = await createApp(readEnv(app.variables), app.clock);
    await first.listen(0, '127.0.0.1');
    await app.app.close();
    const api = new ApiClient((await first.getUrl()).replace(/\/$/, ''), STAFF_TOKEN);
    const hangs = new Promise<void>((resolve) => {
      waldur.meanwhile = ({ path }) => void (path === 'marketplace-provider-offerings/' && resolve());
    });
    const fault = waldur.faults.add({ path: '^marketplace-provider-offerings/', action: { kind: 'hang' } });
    const { body: accepted } = await api.post('/api/admin/arrow/directory/sync/', {});
    await hangs;
    while ((await api.get('/api/admin/arrow/directory/')).body.lists.length < 2);
    await first.close();
    waldur.faults.remove(fault);
    waldur.requests.length = 0;
    const second = await createApp(readEnv(app.variables), app.clock);
    await second.listen(0, '127.0.0.1');
    try {
      const next = new ApiClient((await second.getUrl()).replace(/\/$/, ''), STAFF_TOKEN);
      const job = await ended({ ...app, api: next }, accepted.job_id);
      expect([job.state, job.attempts]).toEqual(['succeeded', 2]);
      expect(job.result).toMatchObject({ customers: { created: 1 }, projects: { created: 1 } });
      const lists = waldur.requests.filter(({ path }) => path !== 'users/me/');
      expect(lists.map(({ path }) => path)).toEqual([
        'marketplace-provider-offerings/',
        'marketplace-provider-resources/',
      ]);
    } finally {
      await second.close();
    }
  });
});
