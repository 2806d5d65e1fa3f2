import { Logger } from '@nestjs/common';
import { readFileSync } from 'node:fs';
import { faultReport } from './support/fault-report.js';

describe("The gateway's README", () => {
  const { random } = Math;
  afterEach(() => {
    Math.random = random;
  });

  it('has the table of faults as it comes out today (print-fault-table.ts writes it)', async () => {
    Logger.overrideLogger(false);
    Math.random = () => 0.5;
    const readme = readFileSync(new URL('../../src/arrow-gateway/README.md', import.meta.url), 'utf8');
    const printed = /<!-- faults -->\n([^]*)\n<!-- \/faults -->/.exec(readme)?.[1]?.trim();
    // Pages are fetched at once: which of them is found wrong first is chance.
    const plain = (table = ''): string[] => table.replaceAll(/page \d was asked/g, 'a page was asked').split('\n');
    expect(plain(printed)).toEqual(plain(await faultReport()));
  });
});
