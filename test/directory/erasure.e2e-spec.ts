import { Operations } from '../../src/cli/operations.js';
import { NamesOfPeople } from '../../src/directory/users/names-of-people.js';
import { BillingWorld, type Linked } from '../billing/billing-world.js';
import type { Answer, ApiClient } from '../support/api-client.js';
import { startApp, type TestApp } from '../support/app.js';

const SYNCS = '/api/admin/arrow/billing-syncs';
const NAME = 'maasikas';
const USERNAME = `mari.${NAME}`;
const EMAIL = `mari.${NAME}@example.ee`;

describe('A user who asks to be forgotten', () => {
  let app: TestApp;
  let w: BillingWorld;
  let vm: Linked;
  let mari: ApiClient;
  let uuid: string;
  let offering: string;

  const erase = async (username: string) => (await new Operations(app.app).run('user erase', { username })) as object;
  /** Every row of the database as text, by table. */
  const everything = async () => {
    const tables = await app.database.query<{ name: string }[]>(
      `SELECT relname AS name FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
         AND relname <> 'export_page'`,
    );
    const rows: Record<string, string[]> = {};
    for (const { name } of tables) {
      const found = await app.database.query<{ text: string }[]>(
        `SELECT t::text AS text FROM "${name}" t ORDER BY t::text`,
      );
      rows[name] = found.map(({ text }) => text);
    }
    return rows;
  };
  const tablesWithName = (rows: Record<string, string[]>) =>
    Object.keys(rows).filter((table) => rows[table]!.some((text) => text.toLowerCase().includes(NAME)));
  const ok = ({ status, body }: Answer): void => expect([status < 300, body]).toEqual([true, body]);
  /** A licence becomes a resource, by mari, or by staff as mari, or by mari as another. */
  const importOne = async (client: ApiClient, actsAs?: string) => {
    const license = w.license(vm);
    const answer = await client.post(
      `/api/admin/arrow/customer-mappings/${vm.mapping}/import_licenses/`,
      {
        dry_run: false,
        items: [{ license_reference: license.licenseId, offering_uuid: offering, project_uuid: vm.project }],
      },
      actsAs ? { 'X-Impersonated-User-Uuid': actsAs } : {},
    );
    expect(answer).toMatchObject({ body: { done: 1 } });
  };

  beforeAll(async () => {
    app = await startApp();
    w = await new BillingWorld(app).start();
    const made = await app.api.post('/api/users/', {
      username: USERNAME,
      email: EMAIL,
      first_name: 'Mari',
      last_name: 'Maasikas',
      is_staff: true,
    });
    ({ uuid } = made.body);
    mari = app.api.as(made.body.token);
    ok(await mari.post('/api/personal-access-tokens/', { name: `laptop of ${NAME}`, scopes: ['read'] }));

    vm = await w.linked();
    const { api } = app;
    const other = (await api.post('/api/users/', { username: 'toomas', is_staff: true })).body;
    offering = (await w.make.offering()).uuid;
    ok(await mari.patch(`/api/customers/${vm.customer}/`, { email: EMAIL.toUpperCase() }));
    w.export([w.line(vm.license, '10.25')]);
    const asMari = w as unknown as { app: TestApp };
    asMari.app = { ...app, api: mari };
    expect(await w.sync()).toMatchObject({ state: 'succeeded', requested_by: USERNAME });
    await w.rules({ tax_percent: '22.00' });
    await w.issue(vm.customer);
    ok(await w.cleanUp({ resource_uuid: vm.resource }));
    ok(await mari.post(`${SYNCS}/pause_sync/`, { settings_uuid: w.settings }));
    ok(await mari.post(`${SYNCS}/pause_sync/`, { pause_global: true }));
    asMari.app = app;
    await importOne(mari);
    await importOne(api, uuid);
    await importOne(mari, other.uuid);
  });
  afterAll(() => app.stop());

  it('is known to every column that may name a user', async () => {
    const named = await app.database.query<{ column: string }[]>(
      `SELECT table_name || '.' || column_name AS column
       FROM information_schema.columns
       WHERE table_schema = 'public' AND data_type = 'character varying'
         AND (character_maximum_length = 300 OR column_name ~ '(_by|username)$') AND table_name <> 'core_user'
         AND NOT (SELECT relispartition FROM pg_class WHERE oid = to_regclass(quote_ident(table_name)))`,
    );
    const known = app.app.get(NamesOfPeople, { strict: false }).columns.map(({ entity, property }) => {
      const { tableName, columns } = app.database.getMetadata(entity);
      return `${tableName}.${columns.find(({ propertyName }) => propertyName === property)!.databaseName}`;
    });
    expect(known.sort()).toEqual(named.map(({ column }) => column).sort());
  });

  it('is not erased while one of its jobs waits', async () => {
    const [job] = await app.database.query<{ uuid: string }[]>(
      `INSERT INTO job_run (kind, scope, requested_by) VALUES ('none', 'none', 'admin as ${USERNAME}') RETURNING uuid`,
    );
    const before = await everything();
    await expect(erase(USERNAME)).rejects.toMatchObject({
      code: 'jobs_of_person_under_way',
      message: expect.stringContaining(job!.uuid),
    });
    expect(await everything()).toEqual(before);
    ok(await app.api.post(`/api/admin/arrow/jobs/${job!.uuid}/cancel/`));
  });

  it('stands nowhere afterwards, and every amount, posting and number is as it was', async () => {
    const before = await everything();
    const trail = ['audit_change', 'audit_event'];
    const tables = [
      ...trail,
      'billing_account',
      'billing_rule',
      'billing_switch',
      'core_user',
      'customer',
      'export_snapshot',
    ];
    expect(tablesWithName(before).sort()).toEqual(
      [...tables, 'auth_token', 'invoice', 'job_run', 'license_link'].sort(),
    );

    const erased = await erase(USERNAME);
    const pseudonym = `erased-${uuid.slice(0, 8)}`;
    expect(erased).toMatchObject({
      uuid,
      pseudonym,
      columns: {
        'customer.email': 1,
        'invoice.document': 1,
        'invoice.changed_by': 1,
        'license_link.actor_username': 2,
        'license_link.impersonator_username': 1,
      },
    });
    const after = await everything();
    expect(tablesWithName(after)).toEqual([]);
    const anonymous = (rows: string[]) =>
      rows.map((row) => row.replaceAll(USERNAME, pseudonym).replaceAll(EMAIL.toUpperCase(), '')).sort();
    for (const table of Object.keys(before).filter(
      (name) => ![...trail, 'auth_token', 'core_user', 'retired_token'].includes(name),
    ))
      expect([table, after[table]!.map(quiet).sort()]).toEqual([table, anonymous(before[table]!).map(quiet).sort()]);
    for (const table of trail) expect(after[table]!.length).toBeGreaterThanOrEqual(before[table]!.length);
    expect(after.invoice_posting).toHaveLength(1);
    expect((await mari.get('/api/users/me/')).status).toBe(401);
    expect((await app.api.get(`/api/users/${uuid}/`)).body).toMatchObject({
      username: pseudonym,
      email: '',
      first_name: '',
      last_name: '',
      is_active: false,
    });
    const { body: links } = await app.api.get('/api/admin/arrow/license-links/');
    expect(links.map((link: { actor_username: string }) => link.actor_username).sort()).toEqual(
      [pseudonym, pseudonym, 'toomas'].sort(),
    );

    ok(await app.api.post(`${SYNCS}/resume_sync/`, { settings_uuid: w.settings }));
    expect(await w.reconcile()).toMatchObject({
      state: 'succeeded',
      result: { postings: 0, tie_out: [{ ties_out: true, posted: '10.25' }] },
    });
  });

  it('leaves the guards of what is never changed', async () => {
    const changing = (text: string, isErasing: boolean) =>
      app.database.transaction(async (manager) => {
        if (isErasing) await manager.query(`SELECT set_config('waldur_arrow.erasing', 'on', true)`);
        await manager.query(text);
      });
    for (const isErasing of [false, true]) {
      await expect(changing(`UPDATE license_link SET license_reference = 'X'`, isErasing)).rejects.toThrow(/only ever/);
      await expect(changing('DELETE FROM license_link', isErasing)).rejects.toThrow(/only ever/);
      await expect(
        changing(`UPDATE invoice SET document = jsonb_set(document, '{price}', '"0"')`, isErasing),
      ).rejects.toThrow(/says what it said/);
      await expect(changing('UPDATE invoice SET number = 7', isErasing)).rejects.toThrow();
      await expect(changing(`UPDATE audit_event SET action = 'none'`, isErasing)).rejects.toThrow(/never changed/);
      await expect(changing('DELETE FROM audit_change', isErasing)).rejects.toThrow(/never changed/);
      await expect(changing('UPDATE invoice_posting SET amount = 1', isErasing)).rejects.toThrow(/never changed/);
    }
    await expect(changing(`UPDATE license_link SET actor_username = 'X'`, false)).rejects.toThrow(/only ever/);
    await expect(changing(`UPDATE audit_event SET actor = 'X'`, false)).rejects.toThrow(/never changed/);
    await expect(
      changing(`UPDATE invoice SET document = jsonb_set(document, '{customer,email}', '"x@x.ee"')`, false),
    ).rejects.toThrow(/says what it said/);
  });

  it('is nobody whose name is unknown, and not the last staff user', async () => {
    await expect(erase('nobody')).rejects.toMatchObject({ code: 'user_not_found' });
    expect(await erase('toomas')).toMatchObject({ pseudonym: expect.stringMatching(/^erased-[0-9a-f]{8}$/) });
    await expect(erase('admin')).rejects.toMatchObject({ code: 'last_staff_user' });
  });
});

/** Without the quotes that a row as text has around some of its values. */
const quiet = (row: string) => row.replaceAll('"', '').replaceAll('\\', '');
