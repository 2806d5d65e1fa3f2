/**
 * `npm run test:hostile -- [jest arguments]`: what needs servers and disks of its own (hostile-cluster.ts), then the
 * end-to-end tests on a PostgreSQL database with `LC_CTYPE C` and German dates, behind PgBouncer in session and then in
 * transaction pooling. Needs TEST_DATABASE_URL (a superuser's, trusted or with its password in the URL) and `pgbouncer`;
 * without either it says what it skips.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { compile } from '../support/compile.js';
import { cache, prepareDatabases, root } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { runOnOwnServers } from './hostile-cluster.js';

/** What hangs most on how dates, letters, transactions and sessions are treated. */
const DEFAULT = [
  'test/directory',
  'test/jobs',
  'test/mappings/customer-mappings',
  'test/settings',
  'test/auth',
  'test/billing/regressions',
];

const { TEST_PGLITE_TEMPLATE } = await prepareDatabases(undefined);
const compiled = await compile(root, cache);
process.env.TEST_COMPILED = compiled;
let failed = !(await runOnOwnServers(TEST_PGLITE_TEMPLATE!, await freePort()));
rmSync(compiled, { recursive: true });

const server = process.env.TEST_DATABASE_URL;
const pgbouncer = ['pgbouncer', '/usr/sbin/pgbouncer'].find((path) => !spawnSync(path, ['--version']).error);
if (!server || !pgbouncer) {
  console.log(
    `SKIPPED: the suite behind PgBouncer, as ${server ? 'pgbouncer is not installed' : 'TEST_DATABASE_URL is not set'}.`,
  );
  process.exit(failed ? 1 : 0);
}
const given = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-pgbouncer-'));
const { hostname, port } = new URL(server);
const role = 'waldur_arrow_hostile';

const admin = new pg.Client(server);
await admin.connect();
await admin.query(
  `DO $$ BEGIN CREATE ROLE ${role} SUPERUSER LOGIN PASSWORD '${role}'; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
);
// The role's settings reach every database that it uses.
await admin.query(`ALTER ROLE ${role} SET "DateStyle" = 'German, DMY'`);
await admin.query(`ALTER ROLE ${role} SET "TimeZone" = 'Asia/Kathmandu'`);
await admin.query(`ALTER ROLE ${role} SET "default_transaction_isolation" = 'repeatable read'`);

for (const mode of ['session', 'transaction']) {
  const listen = await freePort();
  const ini = join(folder, `${mode}.ini`);
  writeFileSync(join(folder, 'users.txt'), `"${role}" "${role}"\n`);
  writeFileSync(
    ini,
    `[databases]
* = host=${hostname} port=${port || 5432} user=${role} password=${role}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listen}
unix_socket_dir =
auth_type = trust
auth_file = ${join(folder, 'users.txt')}
pool_mode = ${mode}
default_pool_size = 20
max_client_conn = 500
server_idle_timeout = 2
${process.getuid?.() === 0 ? 'user = nobody' : ''}
`,
  );
  spawnSync('chmod', ['-R', 'a+rX', folder]);
  const bouncer = spawn(pgbouncer, ['-q', ini], { stdio: ['ignore', 'inherit', 'inherit'] });
  try {
    await listening(listen, bouncer);
    console.log(`PgBouncer, ${mode} pooling, German dates, LC_CTYPE C:`);
    const url = `postgres://${role}:${role}@127.0.0.1:${listen}/postgres`;
    const tests = spawn(
      process.execPath,
      [
        '--import',
        '@swc-node/register/esm-register',
        'test/run.ts',
        // First, as the option takes whatever follows it.
        ...(given.length ? given : DEFAULT),
        '--selectProjects',
        'e2e-postgres',
      ],
      { stdio: 'inherit', env: { ...process.env, TEST_DATABASE_URL: url, TEST_DATABASE_LOCALE: 'C' } },
    );
    const [code] = (await once(tests, 'exit')) as [number | null];
    failed ||= code !== 0;
  } finally {
    bouncer.kill('SIGKILL');
  }
}
await admin.end();
rmSync(folder, { recursive: true });
process.exit(failed ? 1 : 0);

async function listening(at: number, bouncer: ChildProcess): Promise<void> {
  for (;;) {
    if (bouncer.exitCode !== null) throw new Error('PgBouncer did not start.');
    const socket = connect(at, '127.0.0.1');
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isThere) return;
    await sleep(50);
  }
}
