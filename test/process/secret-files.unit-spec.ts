import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidEnvironmentError, readEnv, variableNames } from '../../src/config/env.js';
import { ServiceProcesses } from '../support/service-process.js';

const STAFF_TOKEN = 'staff-token-for-tests-0123456789abcdefghij';
const SECRET_KEY = Buffer.alloc(32, 7).toString('base64');
const LONG = 240_000;

describe('A secret in a file', () => {
  const processes = new ServiceProcesses();
  const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-secrets-'));

  const file = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const faultsOf = (variables: Record<string, string>): readonly string[] => {
    try {
      readEnv(variables);
      return [];
    } catch (error) {
      return (error as InvalidEnvironmentError).faults;
    }
  };

  afterAll(async () => {
    await processes.end();
    rmSync(folder, { recursive: true, force: true });
  }, LONG);

  it('is the value of its variable, without the line break at its end', () => {
    const values = {
      DATABASE_URL: 'postgres://me:word@db.example/x',
      SECRET_KEY,
      SECRET_KEY_PREVIOUS: Buffer.alloc(32, 6).toString('base64'),
      STAFF_TOKEN,
      HTTPS_PROXY: 'http://me:word@proxy.example:8080',
      METRICS_TOKEN: 'metrics-token-0123456789',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-key=for-the-collector',
      WALDUR_URL: 'https://waldur.example',
      WALDUR_TOKEN: 'waldur-token-0123456789abcdef',
    };
    const ends = ['', '\n', '\r\n'];
    const { WALDUR_URL, ...secrets } = values;
    const files = Object.entries(secrets).map(([name, value], at) => [
      `${name}_FILE`,
      file(name, value + ends[at % 3]),
    ]);
    expect(readEnv({ WALDUR_URL, ...Object.fromEntries(files) })).toEqual(readEnv(values));
  });

  it('can be each of those that are secret, and nothing else', () => {
    expect(variableNames.filter((name) => name.endsWith('_FILE'))).toEqual([
      'DATABASE_URL_FILE',
      'DATABASE_PASSWORD_FILE',
      'STAFF_TOKEN_FILE',
      'SECRET_KEY_FILE',
      'SECRET_KEY_PREVIOUS_FILE',
      'WALDUR_TOKEN_FILE',
      'HTTPS_PROXY_FILE',
      'METRICS_TOKEN_FILE',
      'OTEL_EXPORTER_OTLP_HEADERS_FILE',
    ]);
  });

  it('is the password of the database as it is, whatever letters it has', () => {
    const password = ' p@ss#w/o:r%d\n?';
    const { DATABASE_URL } = readEnv({
      SECRET_KEY,
      DATABASE_URL: 'postgres://me@db.example:5433/x?sslmode=require',
      DATABASE_PASSWORD_FILE: file('password', `${password}\n`),
    });
    const url = new URL(DATABASE_URL!);
    expect([url.username, decodeURIComponent(url.password), url.host]).toEqual(['me', password, 'db.example:5433']);
    expect(url.search).toBe('?sslmode=require');
    const twice = { SECRET_KEY, DATABASE_URL: 'postgres://me:word@db.example/x', DATABASE_PASSWORD: 'word' };
    const needs = 'DATABASE_PASSWORD needs a DATABASE_URL that names user and host and has no password itself';
    expect(faultsOf(twice)).toEqual([needs]);
    expect(faultsOf({ DATABASE_PASSWORD: 'word' })).toEqual([needs]);
    expect(faultsOf({ ...twice, DATABASE_URL: 'postgres://db.example/x' })).toEqual([needs]);
  });

  it('that cannot be had is a fault that says what to do, and shows no secret', () => {
    const [missing, empty, wrong] = [join(folder, 'nothing'), file('empty', '\n'), file('wrong', 'a secret too short')];
    const faults = faultsOf({
      DATABASE_URL: 'postgres://me@db.example/x',
      SECRET_KEY_FILE: missing,
      HTTPS_PROXY_FILE: empty,
      METRICS_TOKEN_FILE: folder,
      STAFF_TOKEN,
      STAFF_TOKEN_FILE: wrong,
      SECRET_KEY_PREVIOUS_FILE: wrong,
      DATABASE_PASSWORD_FILE: ' ',
    });
    const advice = 'name a file that the user of the service may read';
    expect(faults).toEqual([
      'DATABASE_PASSWORD_FILE is set, but blank: give it a value, or do not set it',
      'STAFF_TOKEN and STAFF_TOKEN_FILE are both set: take one of them away',
      `SECRET_KEY_FILE cannot be read (ENOENT: no such file or directory, open '${missing}'): ${advice}`,
      `HTTPS_PROXY_FILE: ${empty} is empty: write the value of HTTPS_PROXY into it`,
      `METRICS_TOKEN_FILE cannot be read (EISDIR: illegal operation on a directory, read): ${advice}`,
      'SECRET_KEY_PREVIOUS must be 32 bytes in base64 (openssl rand -base64 32)',
    ]);
    expect(faultsOf({ SECRET_KEY, SECRET_KEY_FILE: missing })).toEqual([
      'SECRET_KEY and SECRET_KEY_FILE are both set: take one of them away',
    ]);
  });

  it(
    'opens the service, and one that is not there keeps it from starting',
    async () => {
      const STAFF_TOKEN_FILE = file('token', `${STAFF_TOKEN}\n`);
      const service = processes.start({ DATA_DIR: processes.dataDir(), STAFF_TOKEN_FILE });
      const failing = processes.start({ DATA_DIR: folder, STAFF_TOKEN_FILE: join(folder, 'nothing') });
      expect((await (await service.api(STAFF_TOKEN)).get('/api/users/me/')).body.username).toBe('admin');
      expect(await failing.exit()).toBe(1);
      expect(failing.output).toContain('  - STAFF_TOKEN_FILE cannot be read (ENOENT');
    },
    LONG,
  );
});
