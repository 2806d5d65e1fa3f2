import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../support/databases.js';

interface Locked {
  readonly name?: string;
  readonly version: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly integrity?: string;
  readonly engines?: { readonly node?: string };
}

const { satisfies } = createRequire(import.meta.url)('semver') as {
  satisfies: (version: string, range: string) => boolean;
};

/** Licences that ask for their text to be kept, and for nothing else. */
const LICENCES = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0', 'Python-2.0'];

/** Brought by Nest and Fastify; they ask for Node 22 and work on 20: the whole test suite runs on it. */
const WORK_ON_OLDER_NODE = ['cookie', 'file-type'];

/** Sends to the address that the operator gives, and without one to nobody. */
const TRACES = '@opentelemetry/';

/** The lock file leaves out the form that old packages state it in. */
function licenseIn(path: string): string | undefined {
  const { licenses } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')) as {
    licenses?: readonly { readonly type: string }[];
  };
  return licenses?.[0]?.type;
}

describe('What production depends on', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  const production = Object.entries(packages)
    .filter(([path, { dev }]) => path && !dev)
    .map(([path, locked]) => ({
      name: locked.name ?? path.replace(/^.*node_modules\//, ''),
      ...locked,
      license: locked.license ?? licenseIn(path),
    }));
  const named = (some: readonly Locked[]) => some.map(({ name, version }) => `${name} ${version}`);

  it('has licences that let it be sold and changed', () => {
    expect(production.length).toBeGreaterThan(100);
    const others = production.filter(({ license }) => !LICENCES.includes(license ?? ''));
    expect(others.map(({ name, license }) => `${name}: ${license}`)).toEqual([]);
  });

  it('runs no program of its own when it is installed, and reports to nobody unasked', () => {
    expect(named(production.filter(({ hasInstallScript }) => hasInstallScript))).toEqual([]);
    const reporting = production.filter(({ name }) => /scarf|telemetry|analytics|opencollective/.test(name));
    expect(reporting.map(({ name }) => name).filter((name) => !name.startsWith(TRACES))).toEqual([]);
  });

  it('is locked by hash', () => {
    expect(named(production.filter(({ integrity }) => !integrity?.startsWith('sha512-')))).toEqual([]);
  });

  it('works on the oldest Node that we name, as its authors say', () => {
    const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Locked;
    const [, oldest] = /^\^(\S+)/.exec(engines?.node ?? '') ?? [];
    const newer = production.filter(({ engines: { node = '*' } = {} }) => !satisfies(oldest!, node));
    expect(newer.map(({ name }) => name).sort()).toEqual(WORK_ON_OLDER_NODE);
  });
});
