import { execFile, spawnSync } from 'node:child_process';
import { createHash, randomInt } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { Decimal } from 'decimal.js';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import type { ExportLine } from '../../emulator/model.js';
import { askService } from '../../src/cli/operator-socket.js';
import { TAR_END, tarHeader, tarPadding } from '../../src/common/tar.js';
import { BackupDamagedError } from '../../src/database/backup.errors.js';
import { verifyBackup, writeBackup } from '../../src/database/backup-file.js';
import { BACKUP_MANIFEST } from '../../src/database/base-backup.js';
import { withDatabase } from '../../src/database/with-database.js';
import { BillingWorld, money } from '../billing/billing-world.js';
import type { ApiClient } from '../support/api-client.js';
import { STAFF_TOKEN, startApp, TestClock, type TestApp } from '../support/app.js';
import { waldurArrow } from '../support/command-line.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { programArguments } from '../support/programs.js';
import { ServiceProcess, ServiceProcesses } from '../support/service-process.js';

/** What docs/operations.md looks into a backup with. */
const hasCommands = ['bash', 'brotli', 'sha256sum'].every((command) => !spawnSync(command, ['--version']).error);
const withCommands = hasCommands ? it : it.skip;
declare const TEST_DATABASE: 'pglite' | 'postgres';
const run = promisify(execFile);
const ORGANISATIONS = 6;
const LINES = 5;

(TEST_DATABASE === 'pglite' ? describe : describe.skip)('A backup of the embedded database', () => {
  const processes = new ServiceProcesses();
  const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-backup-'));
  const file = (name: string) => join(folder, name);
  const secret = { STAFF_TOKEN, ARROW_ALLOW_PRIVATE_HOSTS: 'true', ARROW_TIMEOUT_MS: '5000' };
  let arrow: ArrowEmulator;
  let dataDir: string;
  let service: ServiceProcess;
  let api: ApiClient;
  let w: BillingWorld;
  let lines: ExportLine[];
  let round = 0;

  const variables = () => ({ DATA_DIR: dataDir, ...secret });
  const start = async (given: Record<string, string>) => {
    const started = processes.start(given);
    return { started, client: await started.api(STAFF_TOKEN) };
  };
  const worldOf = (client: ApiClient) =>
    new BillingWorld({ api: client, arrow, clock: new TestClock() } as unknown as TestApp);

  /** All prices change. */
  const publish = () => {
    round++;
    for (const line of lines) line.values['sell-total-price'] = `${round}.01`;
    w.export(lines);
  };
  const prices = async (client: ApiClient): Promise<string[]> => {
    const { body } = await client.get('/api/invoices/?page_size=100');
    return body.map((invoice: { price: unknown }) => money(invoice.price));
  };

  beforeAll(async () => {
    arrow = await ArrowEmulator.start();
    dataDir = processes.dataDir();
    ({ started: service, client: api } = await start(variables()));
    w = await worldOf(api).start();
    lines = [];
    for (let i = 0; i < ORGANISATIONS; i++) {
      const { license } = await w.linked();
      for (let line = 0; line < LINES; line++) lines.push(w.line(license, '0'));
    }
    publish();
    expect(await w.sync()).toMatchObject({ state: 'succeeded' });
  });
  afterAll(async () => {
    await processes.end();
    await arrow.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('taken under load has all that was acknowledged before it began, and nothing with a gap', async () => {
    let isOver = false;
    let acknowledged = 0;
    const numbered = async () => {
      while (!isOver) {
        const { status } = await api.post('/api/customers/', { name: `Numbered ${acknowledged + 1}` });
        expect(status).toBe(201);
        acknowledged++;
      }
    };
    const changing = async () => {
      const { body } = await api.post('/api/customers/', { name: 'Changed' });
      for (let i = 0; !isOver; i++) {
        const answer = await api.patch(`/api/customers/${body.uuid}/`, { native_name: `Version ${i}` });
        expect(answer.status).toBe(200);
      }
    };
    const billing = async () => {
      while (!isOver) {
        publish();
        expect(await w.sync({ accept_shrinkage: true })).toMatchObject({ state: 'succeeded' });
      }
    };
    const load = [numbered(), changing(), billing()];
    while (acknowledged < 20) await api.get('/health/ready');

    const before = acknowledged;
    const made = await waldurArrow(variables(), 'backup', 'create', '--to', file('load.tar'), '--json');
    const after = acknowledged;
    isOver = true;
    await Promise.all(load);
    expect(made).toMatchObject({ code: 0, json: { by: 'service', note: expect.stringContaining('no SECRET_KEY') } });
    expect(after).toBeGreaterThan(before);

    const restored = file('restored');
    const done = await waldurArrow({}, 'backup', 'restore', file('load.tar'), '--data-dir', restored, '--json');
    expect(done).toMatchObject({ code: 0, json: { schema: made.json.schema, data_dir: restored } });
    const rows = await ask<{ name: string }>(
      restored,
      `SELECT name FROM customer WHERE name LIKE 'Numbered %' ORDER BY created, name`,
    );
    const numbers = rows.map(({ name }) => Number(name.slice('Numbered '.length))).sort((a, b) => a - b);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    expect(numbers.length).toBeGreaterThanOrEqual(before);
    expect(numbers.length).toBeLessThanOrEqual(acknowledged);

    // The key is kept apart: without it the copy is of no use to whoever finds it.
    const keyless = processes.start({ ...secret, DATA_DIR: restored });
    await keyless.says(/stored ArrowSphere API keys cannot be decrypted without the key/);
    expect(await keyless.exit()).toBe(1);
    const key = readFileSync(join(dataDir, 'secret.key'), 'utf8').trim();
    const again = await start({ ...secret, DATA_DIR: restored, SECRET_KEY: key });
    const copy = worldOf(again.client);
    copy.settings = w.settings;
    const everyone = Array.from({ length: ORGANISATIONS }, () => money(new Decimal(`${round}.01`).times(LINES)));
    expect(await copy.sync({ accept_shrinkage: true })).toMatchObject({
      state: 'succeeded',
      result: { tie_out: [{ ties_out: true }] },
    });
    expect(await prices(again.client)).toEqual(everyone);
    expect(await copy.sync()).toMatchObject({ state: 'succeeded', result: { postings: 0 } });
    expect(await prices(again.client)).toEqual(everyone);
    expect(await again.started.exit('SIGTERM')).toBe(0);
  });

  it('has a table as it was that is read in many pieces', async () => {
    const original = processes.dataDir();
    const sum = `SELECT count(*) || ' ' || md5(string_agg(digest, ',' ORDER BY number)) AS sum FROM large`;
    const [filled] = await withDatabase({ DATA_DIR: original, DATABASE_POOL_SIZE: 2 }, async (database) => {
      await database.query('CREATE TABLE large (number integer, digest text)');
      await database.query(`INSERT INTO large SELECT n, repeat(md5(n::text), 30) FROM generate_series(1, 50000) AS n`);
      return database.query<{ sum: string }[]>(sum);
    });
    const made = await waldurArrow({ DATA_DIR: original }, 'backup', 'create', '--to', file('large.tar'), '--json');
    expect(made.json).toMatchObject({ by: 'command', file: file('large.tar') });
    expect(made.json.unpacked_bytes).toBeGreaterThan(50_000 * 960);
    const { code } = await waldurArrow({}, 'backup', 'restore', file('large.tar'), '--data-dir', file('large'));
    expect(code).toBe(0);
    expect(await ask(file('large'), sum)).toEqual([filled]);
  });

  it('has every table row by row as it was, whether the service took it or the command alone', async () => {
    const served = await waldurArrow(variables(), 'backup', 'create', '--to', file('quiet.tar'), '--json');
    expect(served.json.by).toBe('service');
    expect(await service.exit('SIGTERM')).toBe(0);
    const alone = await waldurArrow(variables(), 'backup', 'create', '--to', file('alone.tar'), '--json');
    expect([alone.code, alone.json.by]).toEqual([0, 'command']);

    const original = await contentsOf({ DATA_DIR: dataDir });
    expect(Object.keys(original).length).toBeGreaterThan(30);
    for (const name of ['quiet', 'alone']) {
      const { code } = await waldurArrow({}, 'backup', 'restore', file(`${name}.tar`), '--data-dir', file(name));
      expect([name, code]).toEqual([name, 0]);
      expect(await contentsOf({ DATA_DIR: file(name) })).toEqual(original);
    }
    ({ started: service, client: api } = await start(variables()));
  });

  it('holds no secret of the data folder, and only the database', () => {
    const inner = Buffer.concat(
      entriesOf(readFileSync(file('load.tar'))).map(({ body }) => brotliDecompressSync(body)),
    );
    const key = readFileSync(join(dataDir, 'secret.key'), 'utf8').trim();
    expect(inner.includes(key)).toBe(false);
    expect(inner.includes(Buffer.from(key, 'base64'))).toBe(false);
    expect(inner.includes(STAFF_TOKEN)).toBe(false);
    expect(inner.includes(`key-of-${w.partner}`)).toBe(false);
    const others = entriesOf(inner).filter(({ path }) => path !== 'pglite' && !path.startsWith('pglite/'));
    expect(others.map(({ path }) => path)).toEqual(['backup.json']);
  });

  withCommands(`can be looked into without this program${hasCommands ? '' : ' (skipped: there is no brotli)'}`, () => {
    const recipes = [...readFileSync('docs/operations.md', 'utf8').matchAll(/^\$ (.*brotli.*|.*sha256sum.*)$/gm)];
    expect(recipes).toHaveLength(3);
    const taken = file('looked-into');
    mkdirSync(taken);
    const [sums, listed, manifest] = recipes.map(([, command]) => {
      const { status, stdout } = spawnSync(
        'bash',
        ['-c', command!.replaceAll('/backup/arrow.tar', file('alone.tar'))],
        {
          cwd: taken,
          encoding: 'utf8',
        },
      );
      expect([command, status]).toEqual([command, 0]);
      return stdout;
    });
    expect(sums!.trim().split('\n').length).toBe(entriesOf(readFileSync(file('alone.tar'))).length);
    expect(listed).toMatch(/ pglite\/global\/pg_control$/m);
    expect(JSON.parse(manifest!)).toMatchObject({ format: 1, note: expect.stringContaining('no SECRET_KEY') });
  });

  it('is one at a time; one that is broken off makes room for the next', async () => {
    const slow = (await askService(dataDir, 'backup', {})) as Readable;
    const refused = await waldurArrow(variables(), 'backup', 'create', '--to', file('second.tar'), '--json');
    expect([refused.code, refused.json]).toEqual([
      1,
      { error: 'Another backup is being taken: wait for its end.', code: 'backup_under_way' },
    ]);
    slow.destroy();
    let ended;
    do ended = await waldurArrow(variables(), 'backup', 'create', '--to', file('second.tar'), '--json');
    while (ended.json.code === 'backup_under_way');
    expect(ended.code).toBe(0);
    expect((await api.get('/health/ready')).status).toBe(200);
  });

  it('that is damaged, cut short or no backup is refused, and leaves the folder empty', async () => {
    const whole = readFileSync(file('alone.tar'));
    const evil = Buffer.from('anything');
    const entry = { path: 'pglite/../../evil', isFolder: false, size: evil.length };
    const outside = Buffer.concat([tarHeader(entry, new Date(0)), evil, tarPadding(evil.length), TAR_END]);
    const damaged = {
      flipped: flipped(whole, Math.floor(whole.length / 2)),
      short: whole.subarray(0, Math.floor(whole.length / 2)),
      text: Buffer.from('no backup'),
      empty: TAR_END,
      nothing: archiveOf(brotliCompressSync(TAR_END)),
      outside: archiveOf(brotliCompressSync(outside)),
    };
    for (const [name, bytes] of Object.entries(damaged)) {
      writeFileSync(file(name), bytes);
      const verified = await waldurArrow({}, 'backup', 'verify', file(name), '--json');
      expect([name, verified.code, verified.json.code]).toEqual([name, 1, 'backup_damaged']);
      const target = file(`of-${name}`);
      const restored = await waldurArrow({}, 'backup', 'restore', file(name), '--data-dir', target, '--json');
      expect([name, restored.code, restored.json.code]).toEqual([name, 1, 'backup_damaged']);
      expect(readdirSync(target)).toEqual([]);
    }
    expect((await waldurArrow({}, 'backup', 'verify', file('alone.tar'))).output).toContain('is whole');
  });

  it('is known as damaged by any one bit, any end that is missing, and any part that is not in its place', async () => {
    await writeBackup(Readable.from(partOf(readFileSync(file('alone.tar')))), file('small.tar'));
    expect(await verifyBackup(file('small.tar'))).toMatchObject({ format: 1 });
    const whole = readFileSync(file('small.tar'));
    const blocks = entriesOf(whole);
    const last = blocks.at(-1)!;
    const places = [
      ...Array.from({ length: 24 }, () => randomInt(whole.length)),
      // A header, what fills a block, and the end.
      ...[0, 130, 148, last.end - 1, whole.length - 1024, whole.length - 1],
    ];
    expect(blocks.length).toBeGreaterThan(3);
    const [first, second, ...others] = blocks.map(({ begin, end }) => whole.subarray(begin, end));
    const damaged: Record<string, Buffer> = {
      swapped: Buffer.concat([second!, first!, ...others, TAR_END]),
      'without its second part': Buffer.concat([first!, ...others, TAR_END]),
      'without its last part': Buffer.concat([whole.subarray(0, last.begin), TAR_END]),
      'followed by another': Buffer.concat([whole, whole]),
    };
    for (const at of places) damaged[`byte ${at}`] = flipped(whole, at);
    for (const end of [...places, whole.length - 512]) damaged[`cut at ${end}`] = whole.subarray(0, end);
    for (const [what, bytes] of Object.entries(damaged)) {
      writeFileSync(file('damaged'), bytes);
      const verified = await verifyBackup(file('damaged')).catch((error: unknown) => error);
      expect([what, verified]).toEqual([what, expect.any(BackupDamagedError)]);
    }
  });

  it('overwrites nothing, neither a file nor a folder', async () => {
    const taken = await waldurArrow(variables(), 'backup', 'create', '--to', file('alone.tar'), '--json');
    expect([taken.code, taken.json.code]).toEqual([1, 'place_taken']);
    const inUse = await waldurArrow({}, 'backup', 'restore', file('alone.tar'), '--data-dir', dataDir, '--json');
    expect([inUse.code, inUse.json.code]).toEqual([1, 'place_taken']);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect((await api.get('/health/ready')).status).toBe(200);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing half made where %s ends the command', async (signal) => {
    const target = file(`killed-${signal}`);
    const killed = async (args: readonly string[], isUnderWay: () => boolean) => {
      const command = ServiceProcess.start(variables(), [process.execPath, ...programArguments('cli'), ...args]);
      while (!isUnderWay()) {
        if (command.child.exitCode !== null) throw new Error(`It ended before it was killed:\n${command.output}`);
        await nextTurn();
      }
      expect(await command.exit(signal)).toBeNull();
      expect(command.child.signalCode).toBe(signal);
    };
    const hasPart = () => readdirSync(folder).some((name) => name.endsWith('.part'));
    await killed(['backup', 'create', '--to', file(`${signal}.tar`)], hasPart);
    expect([hasPart(), existsSync(file(`${signal}.tar`))]).toEqual([false, false]);
    // Until it is whole, nobody takes it for a database.
    const isUnpacking = () => existsSync(target) && readdirSync(target).length > 0;
    await killed(['backup', 'restore', file('alone.tar'), '--data-dir', target], () => {
      expect(existsSync(join(target, 'pglite'))).toBe(false);
      return isUnpacking();
    });
    expect(readdirSync(target)).toEqual([]);
  });

  it('says what is wrong with the place where it is, or is to be', async () => {
    const says = async (...args: string[]) => {
      const { code, errors } = await waldurArrow(variables(), 'backup', ...args);
      expect(code).toBe(1);
      return errors.trim();
    };
    expect(await says('create', '--to', file('nowhere/a.tar'))).toMatch(
      /^This failed: ENOENT.* Look at the name: the folder of a new file has to be there too\.$/,
    );
    expect(await says('verify', file('nothing.tar'))).toMatch(/^This failed: ENOENT.* Look at the name: /);
    expect(await says('verify', folder)).toBe(`${folder} is not a usable backup: It is a folder. Use another one.`);
    expect(await says('create', '--to', '/proc/a.tar')).toMatch(/^This failed: \w+: .* Look at the name: /);
  });

  it('of a database that is damaged is known by the sentence that its command and its service end with', async () => {
    const damaged = processes.dataDir();
    rmSync(join(damaged, 'pglite/pg_wal'), { recursive: true });
    const sentence =
      `The embedded database in ${damaged} is damaged and cannot be opened (PGlite failed to initialize properly). ` +
      'Restore a backup into another folder, and name that as DATA_DIR.';
    const asked = await waldurArrow({ DATA_DIR: damaged }, 'job', 'list', '--json');
    expect([asked.code, asked.json]).toEqual([1, { error: sentence, code: 'database_damaged' }]);
    const looked = await waldurArrow({ DATA_DIR: damaged }, 'doctor', '--json');
    expect(looked.json.checks).toContainEqual({ name: 'database', good: false, says: sentence });
    const served = processes.start({ DATA_DIR: damaged, STAFF_TOKEN });
    expect(await served.exit()).toBe(1);
    expect(served.output.trim().split('\n').at(-1)).toBe(sentence);
    expect(served.output).not.toMatch(/\n\s+at .*:\d+:\d+/);
  });

  it('of a folder without a database is refused', async () => {
    const none = await waldurArrow({ DATA_DIR: file('none') }, 'backup', 'create', '--to', file('none.tar'), '--json');
    expect([none.code, none.json.code]).toEqual([1, 'no_database']);
  });
});

/** PostgreSQL's own tools, which the recipe of docs/operations.md takes. */
const hasTools = ['pg_dump', 'pg_restore'].every((tool) => !spawnSync(tool, ['--version']).error);
const withTools = hasTools ? it : it.skip;

(TEST_DATABASE === 'postgres' ? describe : describe.skip)('A backup of a PostgreSQL server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-dump-'));
  let app: TestApp;
  let restored: TestDatabase;
  beforeAll(async () => {
    [app, restored] = await Promise.all([startApp(), createDatabase('postgres', 'template0')]);
  });
  afterAll(async () => {
    await app.stop();
    await restored.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is refused with the tool that takes it', async () => {
    const refused = await waldurArrow(app.variables, 'backup', 'create', '--to', '/tmp/never', '--json');
    expect([refused.code, refused.json.code]).toEqual([1, 'backup_on_server']);
    expect(refused.json.error).toMatch(/pg_dump .* pg_restore, as docs\/operations\.md shows/);
  });

  it('is looked for in an empty database, of which the doctor says that it has no tables yet', async () => {
    const looked = await waldurArrow({ ...app.variables, ...restored.variables }, 'doctor');
    expect(looked.code).toBe(1);
    expect(looked.output).toMatch(/^BAD {3}schema: There are no tables yet\.\n {6}Start the service/m);
    expect(looked.output).not.toContain('ArrowSphere');
    const tables = await waldurArrow(app.variables, 'doctor');
    expect([tables.code, tables.output]).toEqual([0, expect.stringContaining('There is no ArrowSphere account yet.')]);
  });

  const dump = (file: string) =>
    run('pg_dump', ['--format=custom', `--file=${file}`, app.variables.DATABASE_URL!]).then(() => file);
  const restore = (file: string) =>
    run('pg_restore', [
      ...['--exit-on-error', '--no-owner', '--single-transaction'],
      `--dbname=${restored.variables.DATABASE_URL}`,
      file,
    ]);

  withTools(`has every table row by row as it was${hasTools ? '' : ' (skipped: there is no pg_dump)'}`, async () => {
    const w = await new BillingWorld(app).start();
    const { license } = await w.linked();
    w.export([w.line(license, '10.25')]);
    expect(await w.sync()).toMatchObject({ result: { postings: 1 } });
    await restore(await dump(join(folder, 'quiet.dump')));
    const original = await contentsOf(app.variables);
    expect(Object.keys(original).length).toBeGreaterThan(30);
    expect(await contentsOf(restored.variables)).toEqual(original);
  });

  withTools(`taken while months are billed bills them again, and posts nothing twice`, async () => {
    await restored.drop();
    restored = await createDatabase('postgres', 'template0');
    const w = await new BillingWorld(app).start();
    const linked = [await w.linked(), await w.linked()];
    let round = 0;
    const publish = () => {
      round++;
      w.export(linked.map(({ license }) => w.line(license, `${round}.01`)));
    };
    let isOver = false;
    const billing = (async () => {
      do {
        publish();
        expect(await w.sync({ accept_shrinkage: true })).toMatchObject({ state: 'succeeded' });
      } while (!isOver);
    })();
    const file = await dump(join(folder, 'load.dump')).finally(() => (isOver = true));
    await billing;
    await restore(file);

    const again = await startApp({}, {}, restored);
    try {
      const copy = new BillingWorld({ ...again, arrow: app.arrow });
      copy.settings = w.settings;
      const billed = await copy.sync({ accept_shrinkage: true });
      expect(billed).toMatchObject({ state: 'succeeded', result: { tie_out: [{ ties_out: true }] } });
      const { body } = await again.api.get('/api/invoices/?page_size=100');
      const mine = body.filter(({ customer_uuid: of }: { customer_uuid: string }) =>
        linked.some(({ customer }) => customer === of),
      );
      expect(mine.map(({ price }: { price: unknown }) => money(price))).toEqual(linked.map(() => `${round}.01`));
      expect(await copy.sync()).toMatchObject({ state: 'succeeded', result: { postings: 0 } });
    } finally {
      await again.stop();
    }
  });
});

interface Block {
  readonly path: string;
  readonly body: Buffer;
  /** Where its header is, and the one of the next, in bytes. */
  readonly begin: number;
  readonly end: number;
}

/** What is in a tar archive. */
function entriesOf(tar: Buffer): Block[] {
  const entries: Block[] = [];
  for (let begin = 0; tar[begin];) {
    const path = tar.toString('utf8', begin, begin + 100).replace(/\0.*$/s, '');
    const from = begin + 512;
    const size = parseInt(tar.toString('latin1', begin + 124, begin + 136), 8);
    const end = from + Math.ceil(size / 512) * 512;
    entries.push({ path, body: tar.subarray(from, from + size), begin, end });
    begin = end;
  }
  return entries;
}

/** What a backup of a few parts is made from, which is soon read: the manifest of this one, and some of its files. */
function* partOf(backup: Buffer): Generator<Buffer> {
  const tar = Buffer.concat(entriesOf(backup).map(({ body }) => brotliDecompressSync(body)));
  const some = 8 * 1_048_576;
  for (const { path, begin, end } of entriesOf(tar))
    if (path === BACKUP_MANIFEST || end < some) yield tar.subarray(begin, end);
  yield TAR_END;
}

/** A backup of one part, whose sum is right. */
function archiveOf(part: Buffer): Buffer {
  const path = `000001-${createHash('sha256').update(part).digest('hex')}.tar.br`;
  const header = tarHeader({ path, isFolder: false, size: part.length }, new Date(0));
  return Buffer.concat([header, part, tarPadding(part.length), TAR_END]);
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 1 << randomInt(8);
  return copy;
}

function ask<T>(dataDir: string, text: string): Promise<T[]> {
  return withDatabase({ DATA_DIR: dataDir, DATABASE_POOL_SIZE: 2 }, (database) => database.query<T[]>(text));
}

/** Every table as one hash of its rows. The service may start a schedule at any time, which is a row of one table. */
function contentsOf(variables: { DATA_DIR?: string; DATABASE_URL?: string }): Promise<Record<string, string>> {
  return withDatabase({ DATA_DIR: '', DATABASE_POOL_SIZE: 2, ...variables }, async (database) => {
    const tables = await database.query<{ name: string }[]>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'job_schedule'`,
    );
    const contents: Record<string, string> = {};
    for (const { name } of tables) {
      const [row] = await database.query<{ hash: string }[]>(
        `SELECT count(*) || ' ' || md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) AS hash FROM "${name}" t`,
      );
      contents[name] = row!.hash;
    }
    return contents;
  });
}
