import { readdirSync } from 'node:fs';
import { migrations } from '../../src/database/migrations.js';

describe('Migrations', () => {
  it('are all in the list that runs at start, oldest first', () => {
    const files = readdirSync('src/database/migrations').sort();
    const listed = migrations.map(({ name }) => name.replace(/^(.*?)(\d+)$/, '$2-$1.ts'));
    expect(listed).toEqual(files);
  });
});
