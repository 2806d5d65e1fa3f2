import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEnv, variableNames } from '../../src/config/env.js';
import { root } from '../support/databases.js';

const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The pages for people that may hold the table of settings. */
const pages = () => ['README.md', ...readdirSync(join(root, 'docs')).map((file) => `docs/${file}`)];

describe('The settings, wherever they are listed', () => {
  const lines = [...read('deploy/.env.example').matchAll(/^#([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => ({
    name: name!,
    value: value!,
  }));
  const sorted = [...variableNames].sort();

  it('stand in .env.example, each once, with their defaults', () => {
    const ofService = lines.filter(({ name }) => name !== 'POSTGRES_PASSWORD');
    expect(ofService.map(({ name }) => name).sort()).toEqual(sorted);
    const withDefault = ofService.filter(({ value }) => value);
    expect(readEnv(Object.fromEntries(withDefault.map(({ name, value }) => [name, value])))).toEqual(readEnv({}));
    const defaults = Object.entries(readEnv({})).filter(([, value]) => String(value ?? '') !== '');
    expect(withDefault.map(({ name }) => name).sort()).toEqual(defaults.map(([name]) => name).sort());
  });

  it('stand in the table of the documentation', () => {
    const tables = pages().flatMap((page) =>
      [...read(page).matchAll(/^\| Variable \|.*\n\| -.*\n((?:\|.*\n)+)/gm)].map(([, rows]) => rows!),
    );
    const names = tables.flatMap((rows) =>
      rows
        .trim()
        .split('\n')
        .flatMap((row) => [...row.split('|')[1]!.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name!)),
    );
    expect(names.sort()).toEqual(sorted);
  });

  it('are all that the chart takes, but for those that it sets itself', () => {
    const { properties } = JSON.parse(read('deploy/helm/waldur-arrowsphere/values.schema.json')) as {
      properties: { settings: { propertyNames: { enum: string[] } }; secretFiles: { items: { enum: string[] } } };
    };
    const template = read('deploy/helm/waldur-arrowsphere/templates/deployment.yaml');
    const [, handedOver = ''] = /range list ((?:"[A-Z_]+" )+)/.exec(template) ?? [];
    expect(handedOver.trim().replaceAll('"', '').split(' ')).toEqual(properties.secretFiles.items.enum);
    const ofSecret = properties.secretFiles.items.enum.flatMap((name) => [name, `${name}_FILE`]);
    const ofImage = ['HOST', 'PORT', 'DATA_DIR', 'METRICS_HOST'];
    expect([...properties.settings.propertyNames.enum, ...ofSecret, ...ofImage].sort()).toEqual(sorted);
  });
});
