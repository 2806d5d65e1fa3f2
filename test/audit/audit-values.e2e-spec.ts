import { startApp, type TestApp } from '../support/app.js';
import { Builders } from '../support/builders.js';

interface Change {
  readonly object_uuid: string | null;
  readonly operation: string;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
}

describe('What the audit trail says of values', () => {
  let app: TestApp;
  let make: Builders;

  beforeAll(async () => {
    app = await startApp();
    make = new Builders(app);
  });
  afterAll(() => app?.stop());

  /** What one statement leaves in the trail. */
  const changesOf = async (statement: string, parameters: unknown[] = []): Promise<Change[]> => {
    await app.database.query('CREATE TABLE IF NOT EXISTS seen AS SELECT uuid FROM audit_change LIMIT 0');
    await app.database.query('TRUNCATE seen');
    await app.database.query('INSERT INTO seen SELECT uuid FROM audit_change');
    await app.database.query(statement, parameters);
    return app.database.query<Change[]>(
      `SELECT object_uuid, operation, before, after FROM audit_change
       WHERE uuid NOT IN (SELECT uuid FROM seen) ORDER BY object_uuid`,
    );
  };

  it('is each column as it was and is, of every type that an audited column of it has', async () => {
    const audited = await app.database.query<{ name: string; columns: string[] }[]>(`
      SELECT relname AS name,
        array_agg(attname::text) FILTER (WHERE strpos(prosrc, format('IS DISTINCT FROM n.%s ', attname)) > 0) AS columns
      FROM pg_trigger
      JOIN pg_class ON pg_class.oid = tgrelid
      JOIN pg_proc ON pg_proc.oid = tgfoid
      JOIN pg_attribute ON attrelid = tgrelid AND attnum > 0 AND NOT attisdropped
      WHERE proname = 'audit_' || relname AND tgname LIKE 'tr\\_%\\_audit\\_update'
      GROUP BY relname ORDER BY relname`);
    expect(audited.map(({ name }) => name)).toHaveLength(16);
    const values: Record<string, readonly [string, unknown]> = {
      uuid: [`'11111111-1111-4111-8111-111111111111'`, '11111111-1111-4111-8111-111111111111'],
      boolean: ['true', true],
      smallint: ['7', 7],
      integer: ['7', 7],
      numeric: ['0.250', 0.25],
      date: [`'2026-02-28'`, '2026-02-28'],
      'timestamp with time zone': [`'2026-02-28T10:00:00.5Z'`, '2026-02-28T10:00:00.5+00:00'],
      'character varying': [`'Õ"'`, 'Õ"'],
      character: [`repeat('a', 64)`, 'a'.repeat(64)],
      text: [`'a'`, 'a'],
      jsonb: [`'{"a": [1, null]}'`, { a: [1, null] }],
    };
    for (const { name, columns } of audited) {
      // A table of its own with the function of the other: nothing of its rules is in the way of any value.
      const copy = `copy_of_${name}`;
      await app.database.query(`CREATE TABLE ${copy} (LIKE ${name})`);
      const described = await app.database.query<{ column: string; type: string; is_needed: boolean }[]>(
        `SELECT attname AS column, regexp_replace(format_type(atttypid, NULL), '^bpchar$', 'character') AS type, attnotnull AS is_needed
         FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0`,
        [copy],
      );
      for (const { column, is_needed: isNeeded } of described)
        if (isNeeded) await app.database.query(`ALTER TABLE ${copy} ALTER COLUMN ${column} DROP NOT NULL`);
      await app.database.query(
        `CREATE TRIGGER tr_copy AFTER UPDATE ON ${copy} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
         FOR EACH STATEMENT EXECUTE FUNCTION audit_${name}()`,
      );
      const key = name === 'billing_switch' ? 'name' : 'uuid';
      await app.database.query(
        `INSERT INTO ${copy} (${key}) VALUES (${key === 'uuid' ? 'gen_random_uuid()' : `'one'`})`,
      );
      for (const { column, type } of described.filter((each) => columns.includes(each.column) && each.column !== key)) {
        const [written, told] = values[type] ?? [undefined, undefined];
        expect([name, column, type, written]).toEqual([name, column, type, expect.any(String)]);
        const isSecret = /password_hash|token_hash|encrypted|key_hint/.test(column);
        const value = isSecret ? '(secret)' : told;
        const set = (to: string) => changesOf(`UPDATE ${copy} SET ${column} = ${to}`);
        expect(await set(written!)).toMatchObject([
          { operation: 'update', before: { [column]: null }, after: { [column]: value } },
        ]);
        expect(await set(written!)).toEqual([]);
        const [gone] = await set('NULL');
        expect([gone!.before, gone!.after]).toEqual([{ [column]: value }, { [column]: null }]);
      }
    }
  });

  it('has a row for each of those that a statement changes, and for none that it leaves as they were', async () => {
    const made = [await make.customer({ name: 'One' }), await make.customer({ name: 'Two' }), await make.customer()];
    const uuids = made.map(({ uuid }) => uuid as string);
    const rename = `UPDATE customer SET name = 'Two', modified = now() WHERE uuid = ANY($1)`;
    const changes = await changesOf(rename, [uuids]);
    expect(changes.map((each) => [each.object_uuid, each.before, each.after]).sort()).toEqual(
      [
        [uuids[0], { name: 'One' }, { name: 'Two' }],
        [uuids[2], { name: made[2]!.name }, { name: 'Two' }],
      ].sort(),
    );
    expect(await changesOf(rename, [uuids])).toEqual([]);
    expect(await changesOf(`UPDATE customer SET name = 'Nobody' WHERE false`)).toEqual([]);
    expect((await changesOf('DELETE FROM customer WHERE uuid = ANY($1)', [uuids])).map((each) => each.before)).toEqual([
      expect.objectContaining({ name: 'Two' }),
      expect.objectContaining({ name: 'Two' }),
      expect.objectContaining({ name: 'Two' }),
    ]);
  });

  it('has both keys of a row that gets another', async () => {
    const { uuid } = await make.customer({ name: 'Renumbered' });
    const [{ other }] = await app.database.query('SELECT gen_random_uuid() AS other');
    const changes = await changesOf('UPDATE customer SET uuid = $2 WHERE uuid = $1', [uuid, other]);
    const told = new Map(changes.map((each) => [each.object_uuid, each]));
    expect(told.get(uuid as string)?.before).toMatchObject({ name: 'Renumbered' });
    expect(told.get(other)?.after).toMatchObject({ name: 'Renumbered' });
  });

  it('changes thousands of rows by the plan that was made for one', async () => {
    const { uuid } = await make.customer();
    await app.database.transaction(async (manager) => {
      for (let i = 0; i < 8; i++) await manager.query(`UPDATE customer SET name = $2 WHERE uuid = $1`, [uuid, `${i}`]);
      await manager.query(`INSERT INTO customer (name) SELECT 'Many ' || i FROM generate_series(1, 20000) AS i`);
      const [{ before }] = await manager.query('SELECT clock_timestamp() AS before');
      await manager.query(`UPDATE customer SET name = name || '!' WHERE name LIKE 'Many %'`);
      const [{ ms }] = await manager.query(
        `SELECT 1000 * extract(epoch FROM clock_timestamp() - $1::timestamptz)::float8 AS ms`,
        [before],
      );
      // A nested loop would look at 400 million pairs.
      expect(ms).toBeLessThan(20_000);
    });
    const [{ total }] = await app.database.query(
      `SELECT count(*)::int AS total FROM audit_change WHERE operation = 'update' AND after->>'name' LIKE 'Many %!'`,
    );
    expect(total).toBe(20_000);
  });

  it('names who acts whatever the name is made of', async () => {
    for (const username of [
      'a */ DROP TABLE audit_event; -- /* b',
      '/* /* open',
      String.raw`back\slash "quoted" 'single' $1 $$ :name ?`,
      'Põder 😀 \u2028 {"uuid":"x"}',
    ]) {
      const user = await make.user({ is_staff: true });
      // As one that is there since names were not looked at.
      await app.database.query('UPDATE core_user SET username = $1 WHERE uuid = $2', [username, user.uuid]);
      const made = await app.api.as(user.token as string).post('/api/customers/', { name: 'By a strange name' });
      expect(made.status).toBe(201);
      const [event] = await app.database.query('SELECT actor FROM audit_event WHERE object_uuid = $1', [
        made.body.uuid,
      ]);
      expect(event.actor).toBe(username);
    }
  });
});
