/**
 * `npm run deploy:image`: the steps of the Dockerfile done by hand, and what comes out of them run as a container would
 * run it: process 1, not root, nothing to write on but the data folder. Takes a minute or two and the npm registry.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { check, missing, run, summary } from './checks.js';
import { runDockerfile, type Stage } from './dockerfile.js';

/** What a container has of its own, with what Linux brings: $1 is the data folder; the rest is the command. */
const CONTAINED = `
  if [ -n "$1" ]; then mount -t tmpfs -o uid=65532,gid=65532,mode=700 tmpfs "$1"; fi
  mount -o remount,ro,bind /
  shift
  exec setpriv --reuid=65532 --regid=65532 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$@"`;

const canContain = ((): boolean => {
  try {
    run('unshare', ['--mount', '--pid', '--fork', '--mount-proc', 'sh', '-c', CONTAINED, 'sh', '', 'true']);
    return true;
  } catch {
    return false;
  }
})();

/** The service of the last stage. */
class Service {
  private text = '';
  private readonly ended: Promise<number | null>;

  private constructor(private readonly child: ChildProcess) {
    child.stdout!.on('data', (part: Buffer) => (this.text += part.toString()));
    child.stderr!.on('data', (part: Buffer) => (this.text += part.toString()));
    this.ended = once(child, 'close').then(([code]) => code as number | null);
  }

  /** `data`: the folder it may write to, if there is one. */
  static start(image: Stage, variables: Record<string, string>, data = ''): Service {
    const command = [process.execPath, ...image.command];
    const words = canContain
      ? ['unshare', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-c', CONTAINED, 'sh', data]
      : [];
    const [program, ...given] = [...words, ...command];
    const child = spawn(program!, given, {
      cwd: join(image.folder, image.workdir),
      env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', DATA_DIR: data || '/nowhere', ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Service(child);
  }

  /** Its address, once it listens. Throws what it said where it ends instead. */
  async url(): Promise<string> {
    for (;;) {
      const found = /Listening on (\S+?)["\s]/.exec(this.text);
      if (found) return found[1]!;
      const more = once(this.child.stdout!, 'data').then(() => true);
      if (!(await Promise.race([more, this.ended.then(() => false)]))) throw new Error(this.text);
    }
  }

  /** Exit code. */
  end(signal: NodeJS.Signals): Promise<number | null> {
    // unshare hears nothing while its child runs.
    const { pid } = this.child;
    const inside = canContain ? Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')) : pid!;
    process.kill(inside, signal);
    return this.ended;
  }
}

async function answers(url: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const { status } = await fetch(url + path);
    if (status !== 200) throw new Error(`${path}: ${status}`);
  }
}

/** Runs the HEALTHCHECK against a port. */
function isHealthy(image: Stage, port: string): boolean {
  try {
    run(process.execPath, image.healthcheck.slice(1), { PORT: port });
    return true;
  } catch {
    return false;
  }
}

async function runsEmbedded(image: Stage, data: string): Promise<void> {
  const service = Service.start(image, {}, data);
  const url = await service.url();
  const ui = ['/docs', '/docs/swagger-ui-bundle.js', '/docs/swagger-ui.css', '/docs/openapi.json'];
  await answers(url, ['/health/live', '/health/ready', ...ui]);
  if (!isHealthy(image, new URL(url).port)) throw new Error('The HEALTHCHECK fails.');
  if (isHealthy(image, '1')) throw new Error('The HEALTHCHECK passes where nothing listens.');
  const code = await service.end('SIGTERM');
  if (code !== 0) throw new Error(`After SIGTERM: ${code}`);
}

async function runsOnServer(image: Stage, server: string): Promise<void> {
  const name = `waldur_arrowsphere_image_${process.pid}`;
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  try {
    const url = new URL(server);
    url.pathname = name;
    const secrets = { SECRET_KEY: Buffer.alloc(32).toString('base64'), STAFF_TOKEN: 'x'.repeat(40) };
    const service = Service.start(image, { DATABASE_URL: url.href, ...secrets });
    await answers(await service.url(), ['/health/live', '/health/ready']);
    const code = await service.end('SIGTERM');
    if (code !== 0) throw new Error(`After SIGTERM: ${code}`);
  } finally {
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-image-'));
chmodSync(folder, 0o755);
try {
  let image: Stage | undefined;
  await check('image: the steps of the Dockerfile run', () => (image = runDockerfile(folder)));
  if (image) {
    const built = image;
    const modules = join(built.folder, built.workdir, 'node_modules');
    await check('image: nothing in it that only development needs', () => {
      for (const name of ['jest', 'eslint', '@nestjs/cli', '@swc/core'])
        if (existsSync(join(modules, name))) throw new Error(name);
    });
    const contained = 'as process 1, not as root, on a read-only file system';
    if (!canContain) missing('root on Linux with unshare and setpriv', [`image: it runs ${contained}`]);
    const how = canContain ? contained : 'as whoever you are';
    const data = join(folder, 'volume');
    mkdirSync(data, { mode: 0o700 });
    await check(`image: it runs ${how}, is healthy, serves Swagger UI, ends on SIGTERM`, () =>
      runsEmbedded(built, data),
    );
    const server = process.env.TEST_DATABASE_URL;
    const nowhere = 'image: on a PostgreSQL server it writes no file';
    if (server) await check(nowhere, () => runsOnServer(built, server));
    else missing('TEST_DATABASE_URL', [nowhere]);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
summary();
