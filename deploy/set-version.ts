import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './checks.js';

/** Why there is no release; the sentence says what to do. */
export class ReleaseRefused extends Error {}

/**
 * Writes a version and its day (`2026-11-27`) wherever they stand in the project in `folder`: the package, its lock, the
 * chart, and the changelog, whose section of that version has to be there and say something. Throws {@link ReleaseRefused}.
 */
export function setVersion(folder: string, version: string, day: string): void {
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new ReleaseRefused(`${version} is no version: write it as 1.2.3.`);
  const changelog = readFileSync(join(folder, 'CHANGELOG.md'), 'utf8');
  const heading = `## ${version} – unreleased\n`;
  const [, section = ''] = changelog.split(heading);
  if (!section.split(/^## /m)[0]!.trim())
    throw new ReleaseRefused(`CHANGELOG.md says nothing under "${heading.trim()}".`);
  writeFileSync(join(folder, 'CHANGELOG.md'), changelog.replace(heading, `## ${version} – ${day}\n`));
  run('npm', ['version', version, '--no-git-tag-version', '--allow-same-version'], {}, folder);
  const path = join(folder, 'deploy/helm/waldur-arrowsphere/Chart.yaml');
  const chart = readFileSync(path, 'utf8');
  writeFileSync(path, chart.replace(/^(version|appVersion): .*$/gm, `$1: ${version}`));
}
