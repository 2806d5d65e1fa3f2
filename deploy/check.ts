/**
 * `npm run deploy:check`: is what stands in this folder what Docker, Helm, Kubernetes and systemd take? The tools of
 * requirements.txt are installed into node_modules/.cache. What a missing tool keeps from being checked is named.
 */
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parseAllDocuments } from 'yaml';
import { check, isThere, missing, root, run, summary } from './checks.js';

const cache = join(root, 'node_modules/.cache/waldur-arrowsphere');
const chart = join(root, 'deploy/helm/waldur-arrowsphere');

/** The folder of the tools, which is made on the first run; `undefined` where they cannot be installed. */
function tools(): string | undefined {
  const requirements = join(root, 'deploy/requirements.txt');
  const print = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(cache, `deploy-tools-${print}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const building = mkdtempSync(join(cache, 'building-'));
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--no-deps',
    '--require-hashes',
    '--retries',
    '1',
  ];
  try {
    run('python3', [...pip, '--only-binary', ':all:', '--target', building, '-r', requirements]);
    renameSync(building, folder);
    return folder;
  } catch (error) {
    rmSync(building, { recursive: true, force: true });
    const last = (error as Error).message.trim().split('\n').at(-1);
    missing(`the tools of requirements.txt (${last})`, ['Dockerfile', 'compose.yaml', 'chart']);
  }
}

/** promtool out of Debian's package, whose signature apt checks; nothing is installed. `undefined` where apt has none. */
function promtoolOfDebian(): string | undefined {
  const folder = join(cache, 'promtool');
  const program = join(folder, 'usr/bin/promtool');
  if (existsSync(program)) return program;
  mkdirSync(cache, { recursive: true });
  const building = mkdtempSync(join(cache, 'building-'));
  try {
    run('apt-get', ['download', '--quiet', 'prometheus'], {}, building);
    run('dpkg-deb', ['--extract', join(building, readdirSync(building)[0]!), building]);
    renameSync(building, folder);
    return program;
  } catch {
    rmSync(building, { recursive: true, force: true });
  }
}

function checkCompose(compose: string): void {
  const environment = { POSTGRES_PASSWORD: 'secret' };
  const config = ['-f', join(root, 'deploy/compose.yaml'), '--profile', '*', 'config', '--format', 'json'];
  const { services } = JSON.parse(run(compose, config, environment).stdout) as {
    services: Record<string, { environment?: Record<string, string> }>;
  };
  if (services.service?.environment?.DATABASE_URL !== 'postgres://waldur:secret@postgres/waldur')
    throw new Error('The password does not come to the service.');
  const withFiles = ['-f', join(root, 'deploy/compose.yaml'), '-f', join(root, 'deploy/compose.secrets.yaml')];
  const { stdout } = run(compose, [...withFiles, 'config', '--format', 'json'], environment);
  if (/:secret@|"POSTGRES_PASSWORD"/.test(stdout)) throw new Error('With files the password is in a variable too.');
}

const HELM = `
import json, sys, helm_python as helm
chart, values = sys.argv[1], json.loads(sys.argv[2])
lint = helm.lint(chart, values, strict=True)
print(json.dumps({
  "faults": lint["errors"] + [each["error"] for each in lint["messages"] if each["severity"] > 1],
  "manifests": helm.Chart.load(chart).render(values, name="arrow"),
}))`;

/** The manifests that Helm makes of the chart, after its own strict look at it. */
function render(folder: string, values: object): Manifest[] {
  const { faults, manifests } = JSON.parse(
    run('python3', ['-c', HELM, chart, JSON.stringify(values)], { PYTHONPATH: folder }).stdout,
  ) as { faults: string[]; manifests: Record<string, string> };
  if (faults.length) throw new Error(faults.join('\n'));
  return Object.values(manifests)
    .flatMap((text) => parseAllDocuments(text))
    .map((document) => document.toJS() as Manifest)
    .filter(Boolean);
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

/** The oldest Kubernetes that Chart.yaml names, and the newest there is a schema of. */
const KUBERNETES = ['1.30.0', '1.37.0'];

/** Kubernetes' own schemas, without room for fields that it does not know. */
function checkManifests(folder: string, manifests: readonly Manifest[], version: string): void {
  const schemas = join(folder, `kubernetes_validate/kubernetes-json-schema/v${version}-local-strict`);
  // Their authors name a dialect in some of them only.
  const read = (file: string) => ({
    ...(JSON.parse(readFileSync(join(schemas, file), 'utf8')) as object),
    $schema: undefined,
  });
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(read('_definitions.json'), '_definitions.json');
  for (const manifest of manifests) {
    const [group, groupVersion] = manifest.apiVersion.split('/');
    const name = groupVersion ? `${group!.split('.')[0]}-${groupVersion}` : group;
    if (!ajv.validate(read(`${manifest.kind.toLowerCase()}-${name}.json`), manifest))
      throw new Error(`${manifest.kind}: ${ajv.errorsText()}`);
  }
}

function checkChart(folder: string): void {
  const everything = {
    settings: { PUBLIC_URL: 'https://arrow.example', SHUTDOWN_GRACE_SECONDS: '60', METRICS_PORT: '9464' },
    secretFiles: ['DATABASE_URL', 'SECRET_KEY', 'STAFF_TOKEN', 'METRICS_TOKEN'],
    networkPolicy: { egress: [{ ports: [{ port: 3128 }] }], metricsFrom: [{ namespaceSelector: {} }] },
  };
  for (const values of [{}, everything, { networkPolicy: { enabled: false } }]) {
    const manifests = render(folder, values);
    for (const version of KUBERNETES) checkManifests(folder, manifests, version);
  }
  for (const values of [
    { settings: { PUBLIC_ULR: 'x' } },
    { settings: { LOG_LEVEL: '' } },
    { secretFiles: ['POSTGRES_PASSWORD'] },
    { networkPolicy: { from: [] } },
  ])
    if (!refuses(folder, values)) throw new Error(`The chart takes ${JSON.stringify(values)}.`);
}

function refuses(folder: string, values: object): boolean {
  try {
    render(folder, values);
    return false;
  } catch {
    return true;
  }
}

/** Of the exposure that systemd finds, in tenths of its points: 10 is well kept, 100 is not at all. */
const MOST_EXPOSED = 15;

function checkUnit(): void {
  const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-unit-'));
  const unit = join(folder, 'waldur-arrowsphere.service');
  const text = readFileSync(join(root, 'deploy/systemd/waldur-arrowsphere.service'), 'utf8');
  writeFileSync(unit, text.replace('/usr/bin/node', process.execPath));
  mkdirSync(`${unit}.d`);
  cpSync(join(root, 'deploy/systemd/secrets.conf'), join(`${unit}.d`, 'secrets.conf'));
  try {
    // What it does not know it tells of, and goes on.
    const { stderr } = run('systemd-analyze', ['verify', '--man=no', unit]);
    if (stderr) throw new Error(stderr);
    run('systemd-analyze', ['security', '--offline=true', `--threshold=${MOST_EXPOSED}`, unit]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const folder = tools();
if (folder) {
  const dockerfile = join(root, 'deploy/Dockerfile');
  await check('Dockerfile: hadolint finds nothing', () => run(join(folder, 'bin/hadolint'), [dockerfile]));
  await check('compose.yaml: Docker Compose takes it', () => checkCompose(join(folder, 'bin/docker-compose')));
  await check(`chart: Helm takes it, and Kubernetes ${KUBERNETES.join(' and ')} what it makes`, () =>
    checkChart(folder),
  );
}
if (isThere('systemd-analyze'))
  await check(`systemd unit: known as a whole, exposure at most ${MOST_EXPOSED / 10}`, checkUnit);
else missing('systemd-analyze', ['systemd unit']);
const promtool = isThere('promtool') ? 'promtool' : promtoolOfDebian();
if (promtool)
  await check('alerts: Prometheus takes them, and they are given when they have to be', () => {
    run(promtool, ['check', 'rules', join(root, 'deploy/alerts/rules.yaml')]);
    run(promtool, ['test', 'rules', join(root, 'deploy/alerts/rules-test.yaml')]);
  });
else missing('promtool', ['alerts']);
summary();
