/**
 * `npm run bench [name …]`: runs the benchmarks, prints a table and writes bench/results/<name>.json. Figures are
 * ratios within one run wherever they can be; absolute times belong to the machine they were taken on.
 */
import 'reflect-metadata';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchRow } from './bench-row.js';

const here = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
const names = readdirSync(here)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => basename(file, '.bench.ts'))
  .filter((name) => wanted.length === 0 || wanted.includes(name));
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;

mkdirSync(join(here, 'results'), { recursive: true });
let missed = 0;
for (const name of names) {
  const { run } = (await import(`./${name}.bench.ts`)) as { run: () => Promise<BenchRow[]> };
  const rows = await run();
  const at = new Date().toISOString();
  writeFileSync(join(here, 'results', `${name}.json`), `${JSON.stringify({ at, machine, rows }, null, 2)}\n`);
  console.log(`\n${name} (${machine})\n`);
  console.log('| what | figure | goal | |\n| --- | ---: | ---: | --- |');
  for (const { name: what, figure, unit, goal, ok } of rows) {
    const verdict = ok === undefined ? '' : ok ? 'met' : 'missed';
    console.log(`| ${what} | ${figure} ${unit} | ${goal ?? ''} | ${verdict} |`);
    if (ok === false) missed++;
  }
}
if (missed) console.log(`\n${missed} goals were missed.`);
process.exit(0);
