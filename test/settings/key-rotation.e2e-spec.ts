import { randomInt, randomUUID } from 'node:crypto';
import pg from 'pg';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { readEnv } from '../../src/config/env.js';
import { withDatabase } from '../../src/database/with-database.js';
import { SecretKey } from '../../src/settings/secret-key.js';
import { Settings } from '../../src/settings/settings.entity.js';
import type { ApiClient } from '../support/api-client.js';
import { type CommandEnd, waldurArrow } from '../support/command-line.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { expireLeases } from '../support/expire-leases.js';
import { untilOneWaits } from '../support/lock-waiters.js';
import { type ServiceProcess, ServiceProcesses } from '../support/service-process.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

const STAFF_TOKEN = 'staff-token-for-tests-0123456789abcdefghij';
const LONG = 240_000;
const SETTINGS = '/api/admin/arrow/settings/';
const JOBS = '/api/admin/arrow/jobs/?kind=key-rotation';

const textOf = (letter: number) => Buffer.alloc(32, letter).toString('base64');
const [OLD, NEW, THIRD] = [textOf(7), textOf(8), textOf(9)];
const [old, fresh, third] = [new SecretKey(OLD), new SecretKey(NEW), new SecretKey(THIRD)];
const ofOld = { SECRET_KEY: OLD };
const ofBoth = { SECRET_KEY: NEW, SECRET_KEY_PREVIOUS: OLD };
const ofNew = { SECRET_KEY: NEW };

const onServer = TEST_DATABASE === 'postgres' ? it : it.skip;

describe('A rotation of SECRET_KEY', () => {
  const processes = new ServiceProcesses();
  const databases: TestDatabase[] = [];
  let arrow: ArrowEmulator;
  let variables: Record<string, string>;
  /** All that was printed by services and commands. */
  let started: ServiceProcess[];
  let commanded: CommandEnd[];

  beforeAll(async () => {
    arrow = await ArrowEmulator.start();
  });
  beforeEach(async () => {
    const database = await createDatabase(TEST_DATABASE);
    databases.push(database);
    variables = { ...database.variables, STAFF_TOKEN, ARROW_ALLOW_PRIVATE_HOSTS: 'true', LOG_LEVEL: 'verbose' };
    [started, commanded] = [[], []];
  });
  afterEach(() => {
    const said = [...started, ...commanded].map((each) => ('errors' in each ? each.output + each.errors : each.output));
    for (const text of [OLD, NEW, THIRD]) {
      expect(said.join('')).not.toContain(text.slice(0, 40));
      expect(said.join('')).not.toContain(Buffer.from(text, 'base64').toString('hex'));
    }
    expect(said.join('')).not.toContain(arrow.apiKey);
    expect(said.join('')).not.toContain('api-key-of-row');
  });
  afterAll(async () => {
    await processes.end();
    await Promise.all([arrow.stop(), ...databases.map((database) => database.drop())]);
  }, LONG);

  const start = (keys: Record<string, string>) => {
    const service = processes.start({ ...variables, ...keys });
    started.push(service);
    return service;
  };
  const command = async (keys: Record<string, string>, ...args: string[]) => {
    const end = await waldurArrow({ ...variables, ...keys }, ...args, '--json');
    commanded.push(end);
    return end;
  };
  const rowsOf = () =>
    withDatabase(
      readEnv({ ...variables, ...ofOld }),
      (database) => database.getRepository(Settings).find({ order: { uuid: 'ASC' } }),
      [Settings],
    );
  const accounts = (count: number, key = old) =>
    withDatabase(
      readEnv({ ...variables, ...ofOld }),
      async (database) => {
        const rows = Array.from({ length: count }, (_, at) => {
          const uuid = randomUUID();
          const encryptedApiKey = key.encrypt(`api-key-of-row-${at}`, uuid);
          const account = { apiUrl: arrow.url, keyHint: '', keyChangedAt: new Date(), partnerName: `Partner ${at}` };
          return { uuid, encryptedApiKey, isActive: false, ...account };
        });
        for (let at = 0; at < count; at += 500) await database.getRepository(Settings).insert(rows.slice(at, at + 500));
        return new Map<string, string>(rows.map(({ uuid }, at) => [uuid, `api-key-of-row-${at}`]));
      },
      [Settings],
    );
  /**
   * Until a rotation is taken up again, each change of an API key takes a while, and each of the last sixteenth, by the order
   * of a rotation, half a second: it is not over before it is killed.
   */
  const slowDown = () =>
    withDatabase(readEnv({ ...variables, ...ofOld }), async (database) => {
      const wait = `
        BEGIN
          IF (SELECT max(attempts) FROM job_run) = 1 THEN
            PERFORM pg_sleep(CASE WHEN NEW.uuid >= ''f0000000-0000-0000-0000-000000000000'' THEN 0.5 ELSE 0.004 END);
          END IF;
          RETURN NEW;
        END`;
      await database.query(`CREATE FUNCTION slow_down() RETURNS trigger LANGUAGE plpgsql AS '${wait}'`);
      await database.query(
        'CREATE TRIGGER slow_down BEFORE UPDATE OF encrypted_api_key ON arrow_settings FOR EACH ROW EXECUTE FUNCTION slow_down()',
      );
    });
  const under = (rows: Settings[], key: SecretKey) =>
    new Map(
      rows.flatMap(({ uuid, encryptedApiKey }) => {
        const apiKey = key.decrypt(encryptedApiKey, uuid);
        return apiKey === undefined ? [] : [[uuid, apiKey] as const];
      }),
    );
  /** The path of a new account. */
  const save = async (api: ApiClient) => {
    const saved = await api.post(SETTINGS, { api_url: arrow.url, api_key: arrow.apiKey });
    expect(saved.status).toBe(201);
    return new URL(saved.body.url).pathname;
  };
  const newestJob = async (api: ApiClient) => (await api.get(JOBS)).body[0];
  /** Waits until the job that runs is so far. */
  const reached = async (api: ApiClient, done: number) => {
    for (;;) {
      const { state, progress } = await newestJob(api);
      if (state === 'running' && progress.total && progress.done >= done) return;
      if (state !== 'queued' && state !== 'running') throw new Error(`It was over before: ${state}.`);
    }
  };
  const ended = async (api: ApiClient) => {
    for (;;) {
      const job = await newestJob(api);
      if (!['queued', 'running'].includes(job.state)) return job;
    }
  };

  it(
    'that is killed at any moment goes on after the next start, and an API key edited meanwhile stays',
    async () => {
      const count = 1500;
      const known = await accounts(count);
      await slowDown();
      const first = start(ofOld);
      const saved = await save(await first.api(STAFF_TOKEN));
      expect(await first.exit('SIGTERM')).toBe(0);

      const killed = start(ofBoth);
      const api = await killed.api(STAFF_TOKEN);
      expect((await command(ofBoth, 'key', 'status')).json).toMatchObject({
        in_use: 'previous',
        is_under_way: false,
        under_previous: count + 1,
        is_previous_needed: true,
      });
      expect((await command(ofBoth, 'key', 'rotate')).json).toMatchObject({ kind: 'key-rotation', attempts: 0 });
      await reached(api, 0);
      const secondKey = 'the-second-key-of-the-partner';
      arrow.data.partners.push({ ...arrow.data.partners[0]!, apiKey: secondKey });
      expect((await api.patch(saved, { api_key: secondKey })).status).toBe(200);
      await reached(api, randomInt(count / 3));
      await killed.exit('SIGKILL');
      known.set(saved.split('/').at(-2)!, secondKey);
      // Of an embedded database the next process knows that.
      if (TEST_DATABASE === 'postgres') await withDatabase(readEnv({ ...variables, ...ofOld }), expireLeases);

      const half = await rowsOf();
      const [stillOld, alreadyNew] = [under(half, old), under(half, fresh)];
      expect(stillOld.size).toBeGreaterThan(0);
      expect(new Map([...stillOld, ...alreadyNew])).toEqual(known);
      // Without the key before, what stands under it could not be read.
      const early = start(ofNew);
      expect(await early.exit()).toBe(1);
      expect(early.output).toContain('its rotation has not ended, and SECRET_KEY_PREVIOUS is not that key');
      const outdated = start(ofOld);
      expect(await outdated.exit()).toBe(1);
      expect(outdated.output).toContain('SECRET_KEY has been rotated, and this is not the key that it became.');

      const again = start(ofBoth);
      const there = await again.api(STAFF_TOKEN);
      const job = await ended(there);
      expect(job).toMatchObject({ state: 'succeeded', result: { rows: count + 1, unreadable: [] } });
      expect(job.attempts).toBeGreaterThan(1);
      expect(job.result).toMatchObject({ reencrypted: stillOld.size, already: alreadyNew.size });
      expect((await command(ofBoth, 'key', 'status')).json).toMatchObject({
        in_use: 'current',
        is_under_way: false,
        under_current: count + 1,
        under_previous: 0,
        is_previous_needed: false,
        rotation: { uuid: job.uuid },
      });
      const { json } = await command(ofBoth, 'doctor');
      expect(json.checks.find(({ name }: { name: string }) => name === 'secret key')).toMatchObject({
        good: true,
        warns: true,
        says: 'SECRET_KEY_PREVIOUS is given, and nothing stands under it any more.',
      });
      expect(await again.exit('SIGTERM')).toBe(0);
      expect(under(await rowsOf(), fresh)).toEqual(known);
      const after = start(ofNew);
      expect((await (await after.api(STAFF_TOKEN)).get(saved)).body.key_hint).toBe('tner');
      expect(await after.exit('SIGTERM')).toBe(0);
      const before = start(ofOld);
      expect(await before.exit()).toBe(1);
      expect(before.output).toContain('SECRET_KEY is not the key it was.');
    },
    LONG,
  );

  it(
    'names the accounts whose API keys no key opens, and encrypts the others',
    async () => {
      const [lost] = (await accounts(1, third)).keys();
      const known = await accounts(3);
      const service = start(ofBoth);
      const api = await service.api(STAFF_TOKEN);
      const unreadable = [{ uuid: lost, partner: 'Partner 0' }];
      const status = await command(ofBoth, 'key', 'status');
      expect(status).toMatchObject({ code: 1, json: { under_previous: 3, unreadable } });
      const rotated = await command(ofBoth, 'key', 'rotate', '--wait');
      expect(rotated).toMatchObject({
        code: 1,
        json: { state: 'failed', result: { rows: 4, reencrypted: 3, already: 0, unreadable } },
      });
      expect(rotated.json.error_message).toBe('API keys that neither key opens: 1. Save them again.');
      const { json } = await command(ofBoth, 'doctor');
      expect(json.checks.find(({ name }: { name: string }) => name === 'secret key')).toMatchObject({
        good: false,
        says: 'Neither SECRET_KEY nor SECRET_KEY_PREVIOUS opens the key of Partner 0.',
      });
      expect((await newestJob(api)).parameters).toEqual({});
      expect(await service.exit('SIGTERM')).toBe(0);
      expect(under(await rowsOf(), fresh)).toEqual(known);
    },
    LONG,
  );

  it(
    'needs both keys, and is nothing that a service without the one before takes up',
    async () => {
      await accounts(1);
      const service = start(ofOld);
      const api = await service.api(STAFF_TOKEN);
      const refused = await command(ofOld, 'key', 'rotate');
      expect(refused).toMatchObject({ code: 1, json: { code: 'previous_key_missing' } });
      expect((await command(ofOld, 'key', 'status')).json).toMatchObject({
        current: old.id,
        previous: null,
        is_previous_needed: false,
      });
      expect((await api.get(JOBS)).body).toEqual([]);
      expect(await service.exit('SIGTERM')).toBe(0);
      const wrong = start(ofNew);
      expect(await wrong.exit()).toBe(1);
      expect(wrong.output).toContain('SECRET_KEY is not the key it was.');
      const same = start({ SECRET_KEY: OLD, SECRET_KEY_PREVIOUS: OLD });
      expect(await same.exit()).toBe(1);
      expect(same.output).toContain('SECRET_KEY_PREVIOUS is the same as SECRET_KEY');
    },
    LONG,
  );

  onServer(
    'leaves instances with the old and the new settings at work beside each other until it begins',
    async () => {
      const before = start(ofOld);
      const onOld = await before.api(STAFF_TOKEN);
      const after = start(ofBoth);
      const onBoth = await after.api(STAFF_TOKEN);
      const readable = async (api: ApiClient, url: string) =>
        (await api.get(`${url}health/`)).body.checks.api_key.verdict as string;
      const made = [await save(onOld), await save(onBoth)];
      for (const url of made) expect([await readable(onOld, url), await readable(onBoth, url)]).toEqual(['ok', 'ok']);

      const rotated = await command(ofBoth, 'key', 'rotate', '--wait');
      expect(rotated).toMatchObject({ code: 0, json: { state: 'succeeded', result: { reencrypted: 2 } } });
      for (const url of made) expect(await readable(onBoth, url)).toBe('ok');
      // It does not store what the others could not read for long, nor bring the old key back.
      const refused = await onOld.post(SETTINGS, { api_url: arrow.url, api_key: arrow.apiKey });
      expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining('another SECRET_KEY')]);
      expect(await readable(onOld, made[0]!)).toBe('failed');
      await save(onBoth);
      expect([...under(await rowsOf(), fresh).values()]).toEqual(Array(3).fill(arrow.apiKey));
    },
    LONG,
  );

  onServer(
    'waits for whoever stores an API key at that moment, and takes what they stored',
    async () => {
      const [[uuid]] = [...(await accounts(1))] as [[string, string]];
      const service = start(ofBoth);
      await service.api(STAFF_TOKEN);
      const client = new pg.Client(variables.DATABASE_URL);
      await client.connect();
      await client.query('BEGIN');
      const edited = [uuid, old.encrypt('edited-meanwhile', uuid)];
      await client.query('UPDATE arrow_settings SET encrypted_api_key = $2 WHERE uuid = $1', edited);
      const rotation = command(ofBoth, 'key', 'rotate', '--wait');
      await untilOneWaits(variables.DATABASE_URL!);
      await client.query('COMMIT');
      await client.end();
      expect((await rotation).json).toMatchObject({ state: 'succeeded', result: { reencrypted: 1, already: 0 } });
      expect(under(await rowsOf(), fresh)).toEqual(new Map([[uuid, 'edited-meanwhile']]));
    },
    LONG,
  );
});
