import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { STAFF_TOKEN } from '../support/app.js';
import { programArguments } from '../support/programs.js';
import { ServiceProcesses } from '../support/service-process.js';
import { freePort } from '../support/free-port.js';
import { ApiClient } from '../support/api-client.js';
import { until } from '../support/until.js';

const LONG = 240_000;

describe('A process whose output goes nowhere', () => {
  const processes = new ServiceProcesses();
  const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-output-'));

  afterAll(async () => {
    await processes.end();
    rmSync(folder, { recursive: true, force: true });
  }, LONG);

  const started = async (child: ChildProcess, port: number) => {
    const api = new ApiClient(`http://127.0.0.1:${port}`, STAFF_TOKEN);
    while ((await api.get('/health/ready').catch(() => undefined))?.status !== 200)
      if (child.exitCode !== null) throw new Error('It has ended.');
    return api;
  };

  it(
    'serves where its log has no room, and where nobody reads it any more',
    async () => {
      const full = openSync('/dev/full', 'w');
      const { PATH = '' } = process.env;
      for (const stdout of [full, 'pipe'] as const) {
        const port = await freePort();
        const env = { PATH, DATA_DIR: processes.dataDir(), PORT: String(port), STAFF_TOKEN };
        const child = spawn(process.execPath, programArguments('main'), { env, stdio: ['ignore', stdout, 'pipe'] });
        child.stdout?.destroy();
        const api = await started(child, port);
        for (let n = 0; n < 3; n++) expect((await api.get('/api/users/me/')).status).toBe(200);
        child.kill('SIGTERM');
        expect([await once(child, 'close'), await text(child.stderr!)]).toEqual([[0, null], '']);
      }
      closeSync(full);
    },
    LONG,
  );

  it('writes to its log again once there is room', async () => {
    const log = join(folder, 'log');
    const said = `
      const { bearLostOutput } = await import(${JSON.stringify(join(process.env.TEST_COMPILED!, 'src/common/output.js'))});
      bearLostOutput();
      process.stdout.write('x'.repeat(5000) + '\\n');
      process.stdout.write('lost\\n');
      (await import('node:fs')).truncateSync(${JSON.stringify(log)});
      process.stdout.write('again\\n');`;
    const limited = `ulimit -f 1; exec "$0" --input-type=module -e "$1" >> "$2"`;
    const child = spawn('bash', ['-c', limited, process.execPath, said, log], { stdio: 'inherit' });
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(readFileSync(log, 'utf8')).toBe('again\n');
  });

  it('is a command that says so where it has no room, and nothing where its reader has had enough', async () => {
    const full = openSync('/dev/full', 'w');
    const ends = [];
    for (const stdout of [full, 'pipe'] as const) {
      const child = spawn(process.execPath, [...programArguments('cli'), '--help'], {
        stdio: ['ignore', stdout, 'pipe'],
      });
      child.stdout?.destroy();
      const errors = text(child.stderr!);
      ends.push([(await once(child, 'close'))[0], await errors]);
    }
    closeSync(full);
    expect(ends).toEqual([
      [1, 'The output cannot be written: ENOSPC: no space left on device, write\n'],
      [0, ''],
    ]);
  });
});

describe('A process that is told to end twice', () => {
  const processes = new ServiceProcesses();

  afterAll(() => processes.end(), LONG);

  it(
    'finishes what it does, as for once: Ctrl-C reaches it from the terminal, and from npm',
    async () => {
      const arrow = await ArrowEmulator.start();
      const variables = { DATA_DIR: processes.dataDir(), STAFF_TOKEN, ARROW_ALLOW_PRIVATE_HOSTS: 'true' };
      const service = processes.start(variables);
      const api = await service.api(STAFF_TOKEN);
      await api.post('/api/admin/arrow/settings/', { api_url: arrow.url, api_key: arrow.apiKey });
      const release = arrow.hold();
      const running = api.get('/api/admin/arrow/customer-mappings/available_customers/?refresh=true');
      await until(() => arrow.inFlight > 0);
      const exit = service.exit('SIGINT');
      // It has heard of the first once it takes no connections any more.
      while (await fetch(`${api.baseUrl}/health/live`).catch(() => undefined));
      service.child.kill('SIGINT');
      service.child.kill('SIGTERM');
      release();
      expect((await running).status).toBe(200);
      expect(await exit).toBe(0);
      await arrow.stop();
    },
    LONG,
  );
});
