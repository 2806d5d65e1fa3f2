/**
 * `npm run dependencies:newest`: of each package that package.json names, what is installed, and the newest version that
 * says it runs on the oldest Node of `engines`, where that is another one. Asks the npm registry.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './checks.js';

const { satisfies, rcompare, prerelease, gte } = createRequire(import.meta.url)('semver') as {
  satisfies: (version: string, range: string) => boolean;
  rcompare: (a: string, b: string) => number;
  prerelease: (version: string) => readonly string[] | null;
  gte: (a: string, b: string) => boolean;
};

interface Published {
  readonly version: string;
  readonly 'engines.node'?: string;
}

const read = (file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8'));
const { dependencies, devDependencies, engines } = read('package.json') as Record<string, Record<string, string>>;
const { packages } = read('package-lock.json') as { packages: Record<string, { version: string }> };
const oldest = /\d+\.\d+\.\d+/.exec(engines!.node!)![0];

async function newest(name: string): Promise<void> {
  const installed = packages[`node_modules/${name}`]!.version;
  // With the name there are always objects: of one field alone npm answers the bare text.
  const asked = ['view', `${name}@>=${installed}`, 'name', 'version', 'engines.node', '--json'];
  const { stdout } = await promisify(execFile)('npm', asked, { maxBuffer: 2 ** 26 });
  const answer = JSON.parse(stdout) as Published | Published[];
  const newer = (Array.isArray(answer) ? answer : [answer])
    .filter(({ version }) => !prerelease(version) && gte(version, installed))
    .sort((a, b) => rcompare(a.version, b.version));
  const fit = newer.find((each) => satisfies(oldest, each['engines.node'] ?? '*'))?.version;
  if (fit !== installed)
    console.log(
      `${name.padEnd(32)} ${installed.padEnd(12)} ${fit ?? `asks for Node ${newer.at(-1)?.['engines.node']}`}`,
    );
}

console.log(`Newer on Node ${oldest}:`);
for (const name of Object.keys({ ...dependencies, ...devDependencies })) await newest(name);
