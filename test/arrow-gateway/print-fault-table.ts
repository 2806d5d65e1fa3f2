/**
 * Writes the table of faults into the gateway's README, from real runs:
 * `node --import @swc-node/register/esm-register test/arrow-gateway/print-fault-table.ts`
 */
import { Logger } from '@nestjs/common';
import { readFileSync, writeFileSync } from 'node:fs';
import { faultReport } from './support/fault-report.js';

const readme = new URL('../../src/arrow-gateway/README.md', import.meta.url);

Logger.overrideLogger(false);
Math.random = () => 0.5;
const table = await faultReport();
const text = readFileSync(readme, 'utf8');
writeFileSync(
  readme,
  text.replace(
    /(<!-- faults -->\n)[^]*(<!-- \/faults -->)/,
    (_, begin: string, end: string) => `${begin}\n${table}\n\n${end}`,
  ),
);
console.log(table);
