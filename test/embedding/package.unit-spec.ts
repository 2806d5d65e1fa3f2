import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ArrowEmulator } from '../../emulator/arrow-emulator.js';
import { arrowCustomer } from '../../emulator/data.js';
import { root } from '../support/databases.js';
import { ServiceProcess } from '../support/service-process.js';

const run = promisify(execFile);
const { PATH = '', HOME = '' } = process.env;
const MINUTES = 60_000;

/** What is built from; the rest of a clone is documents and tests. */
const CLONED = ['src', 'package.json', 'package-lock.json', 'tsconfig.json', 'nest-cli.json', 'README.md', 'LICENSE'];

/** The guide's example, as it stands there. */
const example = /```ts\n(import 'reflect-metadata';[\s\S]*?)```/.exec(
  readFileSync(join(root, 'docs/embedding.md'), 'utf8'),
)![1]!;

const strict = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    skipLibCheck: false,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    types: ['node'],
    rootDir: 'src',
    outDir: 'dist',
  },
  include: ['src'],
};

const { stdout: registry } = await run('npm', ['config', 'get', 'registry'], { cwd: root });
const isReachable = await fetch(registry.trim()).then(
  ({ ok }) => ok,
  () => false,
);

(isReachable ? describe : describe.skip)('The package, with an npm registry to install from', () => {
  let folder: string;
  let clone: string;
  let host: string;

  const npm = (cwd: string, ...args: string[]) =>
    run('npm', [...args, '--prefer-offline', '--no-audit', '--no-fund'], { cwd, env: { PATH, HOME } });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-package-'));
    clone = join(folder, 'clone');
    host = join(folder, 'host');
    for (const name of CLONED) cpSync(join(root, name), join(clone, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
    await npm(clone, 'pack', '--pack-destination', folder);
    rmSync(join(clone, 'node_modules'));
  }, 10 * MINUTES);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it(
    'starts from a built clone without what only developers need',
    async () => {
      await npm(clone, 'ci', '--omit=dev');
      const service = ServiceProcess.start({ DATA_DIR: join(folder, 'data') }, ['npm', 'start'], clone);
      const api = await service.api();
      expect((await api.get('/health/ready')).body).toEqual({ status: 'ok' });
      expect(await service.exit('SIGTERM')).toBe(0);
    },
    10 * MINUTES,
  );

  it(
    "compiles and runs the guide's example in a host, with the host's own Nest",
    async () => {
      const { devDependencies, peerDependencies } = JSON.parse(
        readFileSync(join(root, 'package.json'), 'utf8'),
      ) as Record<string, Record<string, string>>;
      mkdirSync(join(host, 'src'), { recursive: true });
      const own = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs'];
      const dependencies = {
        ...Object.fromEntries(own.map((name) => [name, peerDependencies![name]])),
        '@types/node': devDependencies!['@types/node'],
        'waldur-arrowsphere': `file:${join(folder, 'waldur-arrowsphere-0.1.0.tgz')}`,
      };
      writeFileSync(join(host, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
      writeFileSync(join(host, 'tsconfig.json'), JSON.stringify(strict));
      writeFileSync(join(host, 'src/main.ts'), example);
      await npm(host, 'install');
      const installed = join(host, 'node_modules/waldur-arrowsphere');
      for (const name of Object.keys(peerDependencies!)) {
        expect(existsSync(join(host, 'node_modules', name))).toBe(true);
        expect(existsSync(join(installed, 'node_modules', name))).toBe(false);
      }
      const shipped = readdirSync(installed).filter((name) => name !== 'node_modules');
      expect(shipped.sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      const { stdout } = await run(process.execPath, [tsc, '-p', host], { cwd: host }).catch(
        (error: unknown) => error as { stdout: string },
      );
      expect(stdout).toBe('');
      expect(readdirSync(join(host, 'dist'))).toEqual(['main.js']);

      const arrow = await ArrowEmulator.start();
      arrow.data.customers = [arrowCustomer({ Reference: 'XSP200001', CompanyName: 'Põhjatäht Logistika OÜ' })];
      const answered = await run(process.execPath, ['dist/main.js'], {
        cwd: host,
        env: { PATH, HOME, API_URL: arrow.url, API_KEY: arrow.apiKey, ARROW_ALLOW_PRIVATE_HOSTS: 'true' },
      });
      await arrow.stop();
      expect(answered.stdout.trim().split('\n').at(-1)).toBe('Pohjataht Logistika is Põhjatäht Logistika OÜ');
    },
    10 * MINUTES,
  );
});
