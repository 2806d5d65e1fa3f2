import { waldurUser } from '../../emulator/waldur/waldur-data.js';
import { Operations } from '../../src/cli/operations.js';
import { ApiClient } from '../support/api-client.js';
import { type Beside, startBeside } from './support.js';

const NAME = 'mari.maasikas';
const KEY = 'a1'.repeat(20);

describe('A person of the Waldur beside who asks to be forgotten', () => {
  let beside: Beside;
  beforeAll(async () => {
    beside = await startBeside();
    beside.waldur.data.users.push(waldurUser({ username: NAME, is_staff: true, tokens: [KEY] }));
  });
  afterAll(() => beside?.stop());

  const erase = async (username: string) =>
    (await new Operations(beside.app.app).run('user erase', { username })) as { pseudonym: string };
  /** Tables with this text in any row. */
  const tablesWith = async (text: string): Promise<string[]> => {
    const { database } = beside.app;
    const tables = await database.query<{ name: string }[]>(
      `SELECT relname AS name FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1`,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      const rows = await database.query<unknown[]>(`SELECT FROM "${name}" t WHERE strpos(t::text, $1) > 0 LIMIT 1`, [
        text,
      ]);
      if (rows.length) found.push(name);
    }
    return found;
  };

  it('stands nowhere afterwards, and what was done stays, under a pseudonym', async () => {
    const mari = new ApiClient(beside.app.url, KEY);
    const paused = await mari.post('/api/admin/arrow/billing-syncs/pause_sync/', { pause_global: true });
    expect([paused.status, paused.body]).toEqual([200, paused.body]);
    const { body: asked } = await mari.post('/api/admin/arrow/directory/sync/', {});
    let state = 'queued';
    while (state === 'queued' || state === 'running')
      state = (await beside.app.api.get(`/api/admin/arrow/jobs/${asked.job_id}/`)).body.state;
    expect(await tablesWith(NAME)).toEqual(['audit_change', 'audit_event', 'billing_switch', 'job_run']);

    const erased = await erase(NAME);
    expect(erased).toMatchObject({
      uuid: null,
      columns: { 'billing_switch.changed_by': 1, 'job_run.requested_by': 1 },
    });
    expect(erased.pseudonym).toMatch(/^erased-[0-9a-f]{8}$/);
    expect(await tablesWith(NAME)).toEqual([]);
    expect(await tablesWith(erased.pseudonym)).toEqual(['audit_change', 'audit_event', 'billing_switch', 'job_run']);
  });

  it('is nobody who is not named anywhere, nor what acts without a user', async () => {
    await beside.sync();
    for (const name of ['nobody', NAME, 'schedule', 'command line', 'start of the service', 'database user postgres'])
      await expect(erase(name)).rejects.toMatchObject({ code: 'user_not_found' });
  });
});
