import { Act, Acts } from '../../src/common/acts.js';
import { BillingWorld } from '../billing/billing-world.js';
import { STAFF_TOKEN, startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

const EVENTS = '/api/admin/arrow/audit-events/';
const PASSWORD = 'a rather long walk in the rain';

describe('The audit trail', () => {
  let app: TestApp;
  let make: Builders;

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
  });
  afterAll(() => app?.stop());

  const eventsOf = async (query: string) => (await app.api.get(`${EVENTS}?page_size=300&${query}`)).body;
  const eventOf = async ({ headers }: { headers: Headers }) => {
    const found = await eventsOf(`request_id=${headers.get('x-request-id')}`);
    expect(found).toHaveLength(1);
    return found[0];
  };

  it('says who did what to what, by which token, from where, in which request, and what was there before', async () => {
    const made = await app.api.post('/api/customers/', { name: 'Põhjala Tehnika OÜ' });
    expect(await eventOf(made)).toMatchObject({
      actor: 'admin',
      impersonator: '',
      token: '(lasting)',
      address: '127.0.0.1',
      action: 'customer.create',
      object_type: 'customer',
      object_uuid: made.body.uuid,
      outcome: 'done',
      change_count: 1,
      changes: [{ operation: 'create', before: null, after: { name: 'Põhjala Tehnika OÜ' } }],
    });
    const renamed = await app.api.patch(made.body.url, { name: 'Saare Kalatööstus' });
    expect((await eventOf(renamed)).changes).toEqual([
      {
        object_type: 'customer',
        object_uuid: made.body.uuid,
        operation: 'update',
        before: { name: 'Põhjala Tehnika OÜ' },
        after: { name: 'Saare Kalatööstus' },
      },
    ]);
    const gone = await app.api.delete(made.body.url);
    const event = await eventOf(gone);
    expect(event.changes).toMatchObject([{ operation: 'delete', before: { name: 'Saare Kalatööstus' }, after: null }]);
    expect((await app.api.get(event.url)).body).toEqual(event);
    expect(await eventsOf(`object_uuid=${made.body.uuid}`)).toHaveLength(3);
  });

  it('has one event of a request that changed nothing, and none of one that failed', async () => {
    const { url, name } = await make.customer();
    expect(await eventOf(await app.api.patch(url, { name }))).toMatchObject({ outcome: 'done', changes: [] });
    expect(await eventOf(await app.api.patch(url, {}))).toMatchObject({ action: 'customer.update', changes: [] });
    for (const failed of [await app.api.patch(url, { name: '' }), await app.api.delete(`${url}0`)])
      expect(await eventsOf(`request_id=${failed.headers.get('x-request-id')}`)).toEqual([]);
  });

  it('has one event for all that a request changed in one transaction', async () => {
    const made = await app.api.post('/api/users/', { username: 'mari' });
    const { object_type, change_count, changes } = await eventOf(made);
    expect([object_type, change_count]).toEqual(['user', 2]);
    expect(changes).toMatchObject([
      { object_type: 'auth_token', after: { user_uuid: expect.any(String), token_hash: '(secret)' } },
      { object_type: 'user', object_uuid: made.body.uuid, after: { username: 'mari', password_hash: null } },
    ]);
  });

  it('names both the staff user who called and the user it acted as', async () => {
    const other = await make.user({ username: 'jaan', is_staff: true });
    const asJaan = { 'X-Impersonated-User-Uuid': other.uuid as string };
    const done = await app.api.post('/api/customers/', { name: 'By Jaan' }, asJaan);
    expect(await eventOf(done)).toMatchObject({ actor: 'jaan', impersonator: 'admin' });
    expect(await eventsOf('impersonator=admin&actor=jaan')).toHaveLength(1);
  });

  it('has refusals of authority, with the token by its name', async () => {
    const plain = await make.user({ username: 'ordinary' });
    const withdrawn = await make.user({ username: 'withdrawn', is_staff: true, is_active: false });
    const named = await app.api.post('/api/personal-access-tokens/', { name: 'reporting', scopes: ['read'] });
    const refused = [
      [plain.token, 403, { actor: 'ordinary', token: '(lasting)' }],
      [withdrawn.token, 401, { actor: 'withdrawn', token: '(lasting)' }],
      [named.body.token, 403, { actor: 'admin', token: 'reporting' }],
    ] as const;
    const { url, uuid } = await make.customer();
    for (const [token, status, who] of refused) {
      const answer = await app.api.as(token as string).delete(url);
      expect(answer.status).toBe(status);
      expect(await eventOf(answer)).toMatchObject({
        ...who,
        action: 'customer.delete',
        object_uuid: uuid,
        outcome: 'refused',
        changes: [],
      });
    }
    const unknown = await app.api.as('a'.repeat(40)).delete(url);
    expect([unknown.status, await eventsOf(`request_id=${unknown.headers.get('x-request-id')}`)]).toEqual([401, []]);
    expect((await eventsOf('outcome=refused')).length).toBe(refused.length);
  });

  it('has the failed logins of users that are there, and says whose login it was', async () => {
    const { uuid } = await make.user({ username: 'liis' });
    await app.api.post(`/api/users/${uuid as string}/change_password/`, { new_password: PASSWORD });
    const nobody = app.api.as(undefined);
    const logIn = (username: string, password: string) => nobody.post('/api-auth/password/', { username, password });
    expect(await eventOf(await logIn('liis', 'wrong'))).toMatchObject({ actor: 'liis', outcome: 'refused' });
    expect(await eventOf(await logIn('liis', PASSWORD))).toMatchObject({
      actor: 'liis',
      action: 'login.password',
      outcome: 'done',
    });
    const { headers } = await logIn('nobody', PASSWORD);
    expect(await eventsOf(`request_id=${headers.get('x-request-id')}`)).toEqual([]);
  });

  it('is never changed: the database refuses it on the whole and on every month', async () => {
    const [{ part }] = await app.database.query(
      `SELECT tableoid::regclass::text AS part FROM audit_event ORDER BY created DESC LIMIT 1`,
    );
    expect(part).toMatch(/^audit_event_\d{4}_\d{2}$/);
    for (const table of ['audit_event', part, part.replace('event', 'change'), 'audit_change', 'audit_event_default'])
      for (const statement of [
        `UPDATE ${table} SET created = created`,
        `DELETE FROM ${table}`,
        `DELETE FROM ${table} WHERE false`,
        `TRUNCATE ${table}`,
      ])
        await expect(app.database.query(statement)).rejects.toThrow('The audit trail is never changed');
  });

  it('has what somebody changes beside the service', async () => {
    const { uuid } = await make.customer({ name: 'Before' });
    await app.database.query(`UPDATE customer SET name = 'After' WHERE uuid = $1`, [uuid]);
    const [newest] = await eventsOf(`object_uuid=${uuid}`);
    expect(newest).toMatchObject({ actor: expect.stringMatching(/^database user /), action: 'database.change' });
    expect(newest.changes).toMatchObject([{ before: { name: 'Before' }, after: { name: 'After' } }]);
  });

  it('loses with the transaction what it had of it', async () => {
    const before = await eventsOf('action=customer.create');
    const taken = await make.user({ username: 'taken' });
    expect((await app.api.post('/api/users/', { username: taken.username })).status).toBe(400);
    expect(await eventsOf('action=customer.create')).toEqual(before);
    expect(
      (await eventsOf('action=user.create')).map((event: { changes: object[] }) => event.changes.length),
    ).not.toContain(0);
  });

  it('is filtered, paged and taken as a file with a line for each change', async () => {
    await make.customer();
    const all = (await app.api.get(`${EVENTS}?page_size=1`)).headers.get('x-result-count');
    expect((await app.api.head(EVENTS)).headers.get('x-result-count')).toBe(all);
    expect((await app.api.get(`${EVENTS}?page=100000`)).status).toBe(404);
    expect((await app.api.get(`${EVENTS}?outcome=done&outcome=gone`)).status).toBe(400);
    expect(await eventsOf('created_before=2020-01-01')).toEqual([]);
    expect((await eventsOf('created_after=2020-01-01')).length).toBe(Number(all));
    expect(await eventsOf('actor=nobody')).toEqual([]);
    expect(await eventsOf('token=reporting')).toHaveLength(1);
    expect((await eventsOf('object_type=user')).length).toBeGreaterThan(1);
    expect((await eventsOf('address=127.0.0.1&action=user.create')).length).toBeGreaterThan(1);

    const file = await app.api.get(`${EVENTS}?format=csv&action=user.create`);
    expect(file.headers.get('content-type')).toContain('text/csv');
    const lines = (file.body as string).trim().split('\r\n');
    const changes = (await eventsOf('action=user.create')).flatMap((event: { changes: object[] }) => event.changes);
    expect(lines).toHaveLength(1 + changes.length);
    expect(lines[0]).toBe(
      'created,event_uuid,actor,impersonator,token,address,request_id,action,outcome,operation,object_type,object_uuid,before,after',
    );
  });

  it('has one event for a job, which says who asked and how it ended, and the postings by their job', async () => {
    const w = await new BillingWorld(app).start();
    const { license } = await w.linked();
    w.export([w.line(license, '10')]);
    const job = await w.sync();
    const events = await eventsOf(`object_uuid=${job.uuid}`);
    events.sort((a: { action: string }, b: { action: string }) => (a.action < b.action ? -1 : 1));
    expect(events).toMatchObject([
      { action: 'billing.trigger_sync', actor: 'admin', outcome: 'done' },
      { action: 'job.billing-sync', actor: 'admin', outcome: 'done', object_type: 'job_run' },
    ]);
    const ends = events[1].changes.filter((each: { object_type: string }) => each.object_type === 'job_run');
    expect(ends).toMatchObject([{ before: { state: 'running' }, after: { state: 'succeeded', postings: 1 } }]);
    const [{ posted }] = await app.database.query(
      'SELECT count(*)::int AS posted FROM invoice_posting WHERE job_uuid = $1',
      [job.uuid],
    );
    expect(posted).toBe(1);
  });

  it('names both in the event of a job that staff asked for as another user', async () => {
    const other = await make.user({ username: 'asked-as', is_staff: true });
    const w = await new BillingWorld(app).start();
    const asked = { settings_uuid: w.settings, year: 2026, month: 5 };
    const asOther = { 'X-Impersonated-User-Uuid': other.uuid as string };
    const { body } = await app.api.post('/api/admin/arrow/billing-syncs/trigger_sync/', asked, asOther);
    await w.ended(body.job_url);
    const [event] = await eventsOf(`object_uuid=${body.job_id}&action=job.billing-sync`);
    expect(event).toMatchObject({ actor: 'asked-as', impersonator: 'admin' });
  });

  it('has the event of a job that changed something, was interrupted, and is cancelled while it waits', async () => {
    const { uuid: customer } = await make.customer({ name: 'Before' });
    const [job] = await app.database.query<{ uuid: string; created: Date }[]>(
      `INSERT INTO job_run (kind, scope, requested_by, state, attempts)
       VALUES ('unknown', 'none', 'admin as mari', 'queued', 1) RETURNING uuid, created`,
    );
    const { uuid, created } = job!;
    const about = { actor: 'admin', action: 'job.unknown', objectType: 'job_run', objectUuid: uuid };
    await app.app
      .get(Acts)
      .run(new Act(about, created, uuid, uuid), () =>
        app.database.query(`UPDATE customer SET name = 'After' WHERE uuid = $1`, [customer]),
      );
    const cancelled = await app.api.post(`/api/admin/arrow/jobs/${uuid}/cancel/`);
    expect(await eventOf(cancelled)).toMatchObject({ action: 'job_run.cancel', outcome: 'done', change_count: 1 });
    const [event] = await eventsOf(`object_uuid=${customer}&action=job.unknown`);
    expect(event).toMatchObject({
      uuid,
      actor: 'mari',
      impersonator: 'admin',
      object_type: 'job_run',
      object_uuid: uuid,
      outcome: 'cancelled',
    });
    expect(event.changes).toMatchObject([{ before: { name: 'Before' }, after: { name: 'After' } }]);
  });

  it('has no secret in it', async () => {
    const key = 'key-of-an-account-that-must-not-be-seen';
    const settings = await make.settings({ api_key: app.arrow.apiKey });
    await app.api.patch(settings.url as string, { api_key: key });
    const user = await make.user({ username: 'with-secrets' });
    const fresh = await app.api.post(`/api/users/${user.uuid as string}/refresh_token/`);
    const named = await app.api.post('/api/personal-access-tokens/', { name: 'secret one', scopes: ['read'] });
    const stored = await app.database.query(`
      SELECT token_hash AS text FROM auth_token UNION ALL SELECT password_hash FROM core_user
      UNION ALL SELECT encrypted_api_key FROM arrow_settings UNION ALL SELECT nullif(key_hint, '') FROM arrow_settings`);
    const hidden = (stored as { text: string | null }[]).flatMap(({ text }) => text ?? []);
    const secrets = [STAFF_TOKEN, PASSWORD, key, app.arrow.apiKey, user.token, fresh.body.token, named.body.token];
    expect([...secrets, ...hidden].every((secret) => typeof secret === 'string' && secret.length >= 4)).toBe(true);
    expect(hidden.length).toBeGreaterThan(10);
    const rows = await app.database.query('SELECT * FROM audit_event NATURAL FULL JOIN audit_change');
    const text = JSON.stringify(rows);
    expect(text).toContain('(secret)');
    expect([...secrets, ...hidden].filter((secret) => text.includes(secret as string))).toEqual([]);
  });

  it('says of every column of an audited table what it is, or that it is a secret', async () => {
    const left = await app.database.query<{ name: string }[]>(`
      SELECT audited.relname || '.' || attname AS name
      FROM pg_trigger
      JOIN pg_class AS audited ON audited.oid = tgrelid
      JOIN pg_proc ON pg_proc.oid = tgfoid
      JOIN pg_attribute ON attrelid = tgrelid AND attnum > 0 AND NOT attisdropped
      WHERE proname = 'audit_' || audited.relname AND tgname LIKE 'tr\\_%\\_audit\\_insert'
        AND strpos(prosrc, format('''%s'', coalesce', attname)) = 0
        AND audited.relname <> 'job_run' AND attname NOT IN ('uuid', 'created', 'modified')
      ORDER BY 1`);
    // Kept by the service itself.
    expect(left.map(({ name }) => name)).toEqual([
      'auth_token.last_used_at',
      'billing_account.last_invoice_number',
      'billing_account.paused_at',
      'billing_switch.changed_at',
    ]);
  });
});
