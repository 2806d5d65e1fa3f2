import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ReleaseRefused, setVersion } from '../../deploy/set-version.js';
import { root } from '../support/databases.js';

const CHART = 'deploy/helm/waldur-arrowsphere/Chart.yaml';

describe('A release', () => {
  let folder: string;
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  const versions = () => {
    const { version, appVersion } = parse(read(CHART));
    const { packages, ...lock } = JSON.parse(read('package-lock.json'));
    return [JSON.parse(read('package.json')).version, lock.version, packages[''].version, version, appVersion];
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'waldur-arrow-version-'));
    for (const file of ['package.json', 'package-lock.json', CHART]) cpSync(join(root, file), join(folder, file));
    const changelog = '# Changelog\n\n## 1.2.3 – unreleased\n\n- Something.\n\n## 1.2.2 – 2026-11-01\n';
    writeFileSync(join(folder, 'CHANGELOG.md'), changelog);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has one version everywhere, before and after', () => {
    expect(new Set(versions()).size).toBe(1);
    setVersion(folder, '1.2.3', '2026-11-27');
    expect(versions()).toEqual(Array(5).fill('1.2.3'));
    expect(read('CHANGELOG.md')).toBe(
      '# Changelog\n\n## 1.2.3 – 2026-11-27\n\n- Something.\n\n## 1.2.2 – 2026-11-01\n',
    );
  });

  it('needs a version, and words in the changelog about it', () => {
    const before = [...versions(), read('CHANGELOG.md')];
    expect(() => setVersion(folder, 'v1.2.3', '2026-11-27')).toThrow(ReleaseRefused);
    expect(() => setVersion(folder, '1.2.2', '2026-11-27')).toThrow(ReleaseRefused);
    expect([...versions(), read('CHANGELOG.md')]).toEqual(before);
  });
});
