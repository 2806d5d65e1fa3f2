import 'reflect-metadata';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { hashToken } from '../../src/auth/token.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';

describe('The migration to several tokens per user', () => {
  let folder: string;
  let database: DataSource;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-upgrade-'));
    cpSync(process.env.TEST_PGLITE_TEMPLATE!, folder, { recursive: true });
    database = new DataSource(await dataSourceOptions({ DATABASE_POOL_SIZE: 1, DATA_DIR: folder }));
    await database.initialize();
  });
  afterEach(async () => {
    await database.destroy();
    rmSync(folder, { recursive: true });
  });

  const undo = async (name: string) => {
    const isThere = () => database.query<unknown[]>('SELECT 1 FROM migration WHERE name = $1', [name]);
    while ((await isThere()).length) await database.undoLastMigration();
  };

  it('lets every token go on that worked before, there and back', async () => {
    await undo('AddLoginsByPassword1795574680156');
    await database.query(`INSERT INTO core_user (username, token_hash) VALUES ('mari', $1), ('jüri', NULL)`, [
      hashToken('the-token-of-mari'),
    ]);
    await database.runMigrations();
    const tokens =
      'SELECT username, token_hash, expires_at FROM auth_token JOIN core_user ON core_user.uuid = user_uuid';
    expect(await database.query(tokens)).toEqual([
      { username: 'mari', token_hash: hashToken('the-token-of-mari'), expires_at: null },
    ]);

    await database.query(
      `INSERT INTO auth_token (user_uuid, token_hash, expires_at) SELECT uuid, $1, now() FROM core_user WHERE username = 'mari'`,
      [hashToken('of-a-login')],
    );
    await undo('AddLoginsByPassword1795574680156');
    expect(await database.query('SELECT username, token_hash FROM core_user ORDER BY username')).toEqual([
      { username: 'jüri', token_hash: null },
      { username: 'mari', token_hash: hashToken('the-token-of-mari') },
    ]);
  });
});
