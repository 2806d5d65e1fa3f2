/**
 * `npm run release -- 1.2.3 [--dry-run]`: sets the version, commits and tags it, and leaves in release/1.2.3/ the package,
 * its bill of materials and their SHA-256. Everything is made from a clean checkout of the commit; a dry run leaves
 * neither commit nor tag. Pushing is yours.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run } from './checks.js';
import { ReleaseRefused, setVersion } from './set-version.js';

const git = (given: readonly string[], cwd = root) => run('git', given, {}, cwd).stdout.trim();

function release(version: string, isDry: boolean): void {
  if (git(['status', '--porcelain'])) throw new ReleaseRefused('There are changes that are not committed.');
  const tag = `v${version}`;
  if (git(['tag', '--list', tag])) throw new ReleaseRefused(`${tag} is there already.`);
  const out = join(root, 'release', version);
  const folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-release-'));
  // The bill of materials names the project by its folder.
  const checkout = join(folder, 'waldur-arrowsphere');
  try {
    git(['worktree', 'add', '--quiet', '--detach', checkout]);
    setVersion(checkout, version, new Date().toISOString().slice(0, 10));
    // A dry run's commit goes with the checkout, and needs nobody's name.
    const author = isDry ? ['-c', 'user.name=dry run', '-c', 'user.email=dry-run@localhost'] : [];
    git([...author, 'commit', '--quiet', '--all', '--allow-empty', '--message', `release: ${version}`], checkout);
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    pack(checkout, out, version);
    if (isDry) return console.log(`A dry run: ${out} is what would be released.`);
    git(['merge', '--quiet', '--ff-only', git(['rev-parse', 'HEAD'], checkout)]);
    git(['tag', '--annotate', '--message', `waldur-arrowsphere ${version}`, tag]);
    console.log(`${out} is ${tag}: git push --follow-tags`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    git(['worktree', 'prune']);
  }
}

function pack(checkout: string, out: string, version: string): void {
  const npm = (...given: string[]) => run('npm', given, {}, checkout).stdout;
  npm('ci', '--no-fund', '--no-audit');
  npm('run', 'build');
  writeFileSync(join(out, `waldur-arrowsphere-${version}.cdx.json`), npm('run', '--silent', 'sbom'));
  // A package never carries its package-lock.json; under this name npm ci finds it.
  renameSync(join(checkout, 'package-lock.json'), join(checkout, 'npm-shrinkwrap.json'));
  npm('pack', '--silent', '--pack-destination', out);
  const sums = readdirSync(out).map((file) => {
    const sum = createHash('sha256').update(readFileSync(join(out, file)));
    return `${sum.digest('hex')}  ${file}\n`;
  });
  writeFileSync(join(out, 'SHA256SUMS'), sums.join(''));
}

const [version = '', ...others] = process.argv.slice(2);
try {
  if (others.some((other) => other !== '--dry-run')) throw new ReleaseRefused(`${others.join(' ')} is not known.`);
  release(version, others.includes('--dry-run'));
} catch (error) {
  if (!(error instanceof ReleaseRefused)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
