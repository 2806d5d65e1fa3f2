import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataSource } from 'typeorm';
import { readEnv } from '../src/config/env.js';
import { createApp } from '../src/configure-app.js';
import { nameSimilarity } from '../src/mappings/matching/name-score.js';
import type { BenchRow } from './bench-row.js';
import { generateParties } from './matching/generate.js';
import { ownPairs, readLabelledPairs } from './matching/labelled.js';
import {
  bestOfAll,
  expectedOf,
  listComparer,
  oneToOne,
  pairByPair,
  type Quality,
  qualityOf,
} from './matching/quality.js';
import { characterRatio } from './matching/ratio.js';

const SIZES = [1_000, 3_000, 10_000, 30_000];
const FULL = 10_000;
const BASELINE = 300;
const TOKEN = 'bench-token-0123456789abcdefghijklmnopqrstuv';

/**
 * How right the suggestions are, beside the plain character ratio, and what they cost. `LABELLED_PAIRS`: a CSV of
 * further labelled pairs (`left, right, true|false, kind`) to measure pair by pair; it is read, never copied.
 */
export async function run(): Promise<BenchRow[]> {
  const rows = [...quality(), ...(await speed()), ...(await responsiveness())];
  writeFileSync(fileURLToPath(new URL('results/matching.md', import.meta.url)), tableOf(rows));
  return rows;
}

function quality(): BenchRow[] {
  const own = ownPairs();
  const names = expectedOf(own, 'names');
  const best = qualityOf(bestOfAll(own, listComparer(own)), names);
  const rows = [
    ...qualityRows(`own set, best of all`, best),
    ...qualityRows('own set, best of all, character ratio', qualityOf(bestOfAll(own, characterRatio), names)),
    ...qualityRows('own set, one-to-one', qualityOf(oneToOne(own), expectedOf(own, 'organisations'))),
    ...qualityRows('own set, pair by pair', pairByPair(own, nameSimilarity)),
    ...qualityRows('own set, pair by pair, character ratio', pairByPair(own, characterRatio)),
  ];
  const goal = (name: string, text: string, ok: boolean) => {
    const at = rows.findIndex((row) => row.name === name);
    rows[at] = { ...rows[at]!, goal: text, ok };
  };
  goal('own set, best of all: precision at 0.9', '>= 0.97', best.at[2]!.precision >= 0.97);
  goal('own set, best of all: recall at 0.5', '>= 0.90', best.at[0]!.recall >= 0.9);
  rows.unshift({ name: 'own set: labelled pairs', figure: own.length, unit: '' });

  const further = process.env.LABELLED_PAIRS;
  if (!further) return rows;
  const pairs = readLabelledPairs(further);
  const measured = pairByPair(pairs, nameSimilarity);
  const [first, ...rest] = qualityRows('measuring set, pair by pair', measured);
  return [
    ...rows,
    { name: 'measuring set: labelled pairs', figure: pairs.length, unit: '' },
    { ...first!, goal: '>= 0.85', ok: measured.averagePrecision >= 0.85 },
    ...rest,
    ...qualityRows('measuring set, pair by pair, character ratio', pairByPair(pairs, characterRatio)),
  ];
}

function qualityRows(name: string, { averagePrecision, at }: Quality): BenchRow[] {
  return [
    { name: `${name}: average precision`, figure: averagePrecision, unit: '' },
    ...at.flatMap(({ threshold, precision, recall }) => [
      { name: `${name}: precision at ${threshold}`, figure: precision, unit: '' },
      { name: `${name}: recall at ${threshold}`, figure: recall, unit: '' },
    ]),
  ];
}

interface Speed {
  size: number;
  cpuMs: number;
  wallMs: number;
  memoryMb: number;
  quality: { threshold: number; precision: number; recall: number }[];
}

async function speed(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  let previous: Speed | undefined;
  for (const size of SIZES) {
    const child = script('matching/speed.ts', ['--expose-gc'], [String(size)]);
    const taken = JSON.parse(await outputOf(child)) as Speed;
    const name = `${size} × ${size}`;
    const full = size === FULL;
    const cpu = taken.cpuMs / 1000;
    rows.push(
      { name: `${name}: CPU`, figure: rounded(cpu), unit: 's', ...(full && { goal: '<= 2', ok: cpu <= 2 }) },
      {
        name: `${name}: more memory, at most`,
        figure: Math.round(taken.memoryMb),
        unit: 'MB',
        ...(full && { goal: '<= 150', ok: taken.memoryMb <= 150 }),
      },
    );
    if (previous) {
      const growth = Math.log(taken.cpuMs / previous.cpuMs) / Math.log(size / previous.size);
      rows.push({ name: `${name}: CPU grows as size to the power of`, figure: rounded(growth), unit: '' });
    }
    for (const { threshold, precision, recall } of taken.quality) {
      rows.push({ name: `${name}: precision at ${threshold}`, figure: rounded(precision, 4), unit: '' });
      rows.push({ name: `${name}: recall at ${threshold}`, figure: rounded(recall, 4), unit: '' });
    }
    previous = taken;
  }
  const ours = rows.find(({ name }) => name === `${FULL} × ${FULL}: CPU`)!.figure as number;
  const [plain, ...others] = baseline();
  const times = ours / (plain!.figure as number);
  return [
    ...rows,
    plain!,
    {
      name: `${FULL} × ${FULL}: CPU, times that of the ratio of ${BASELINE} × ${BASELINE}`,
      figure: rounded(times),
      unit: '×',
    },
    ...others,
  ];
}

/** Every name with every other; what 10,000 × 10,000 would take follows from the number of pairs. */
function baseline(): BenchRow[] {
  const { arrow, waldur } = generateParties(BASELINE);
  const before = process.cpuUsage();
  let similar = 0;
  for (const { name } of arrow) for (const other of waldur) if (characterRatio(name, other.name) > 0.5) similar += 1;
  const cpu = process.cpuUsage(before);
  const seconds = (cpu.user + cpu.system) / 1e6;
  const all = seconds * (FULL / BASELINE) ** 2;
  return [
    { name: `character ratio, ${BASELINE} × ${BASELINE}: CPU`, figure: rounded(seconds), unit: 's' },
    { name: `character ratio, ${BASELINE} × ${BASELINE}: pairs above 0.5`, figure: similar, unit: '' },
    { name: `character ratio, ${FULL} × ${FULL}: CPU, extrapolated`, figure: Math.round(all), unit: 's' },
  ];
}

/** `GET /health/live` from another process while the service answers `available_customers` for 10,000 × 10,000. */
async function responsiveness(): Promise<BenchRow[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'waldur-arrow-bench-'));
  const variables = { DATA_DIR: dataDir, STAFF_TOKEN: TOKEN, LOG_LEVEL: 'fatal', ARROW_ALLOW_PRIVATE_HOSTS: 'true' };
  const app = await createApp(readEnv({ ...variables, SECRET_KEY: Buffer.alloc(32, 1).toString('base64') }));
  const arrow = script('matching/arrow.ts', [], [String(FULL)]);
  try {
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const { waldur } = generateParties(FULL);
    await app
      .get(DataSource)
      .query('INSERT INTO customer (name) SELECT * FROM unnest($1::text[])', [waldur.map(({ name }) => name)]);
    const [line] = (await once(arrow.stdout, 'data')) as [Buffer];
    const { url: api_url, apiKey: api_key } = JSON.parse(line.toString()) as { url: string; apiKey: string };
    const headers = { Authorization: `Token ${TOKEN}`, 'Content-Type': 'application/json' };
    const settings = { method: 'POST', headers, body: JSON.stringify({ api_url, api_key }) };
    await answered(fetch(`${url}/api/admin/arrow/settings/`, settings));

    const suggestions = `${url}/api/admin/arrow/customer-mappings/available_customers/`;
    const quiet = await pingsDuring(`${url}/health/live`, () => new Promise((resolve) => setTimeout(resolve, 2000)));
    let seconds = 0;
    const busy = await pingsDuring(`${url}/health/live`, async () => {
      const start = performance.now();
      await answered(fetch(suggestions, { headers }));
      seconds = (performance.now() - start) / 1000;
    });
    const p99 = percentile(busy, 0.99);
    const during = `GET /health/live during available_customers, ${FULL} × ${FULL}`;
    return [
      { name: `available_customers, ${FULL} × ${FULL}: answer`, figure: rounded(seconds), unit: 's' },
      { name: `${during}: p99`, figure: rounded(p99), unit: 'ms', goal: '< 100', ok: p99 < 100 },
      { name: `${during}: median`, figure: rounded(percentile(busy, 0.5)), unit: 'ms' },
      { name: `${during}: longest`, figure: rounded(Math.max(...busy)), unit: 'ms' },
      { name: `${during}: answers`, figure: busy.length, unit: '' },
      { name: 'GET /health/live before: p99', figure: rounded(percentile(quiet, 0.99)), unit: 'ms' },
    ];
  } finally {
    arrow.kill();
    await app.close();
    rmSync(dataDir, { recursive: true });
  }
}

async function answered(answer: Promise<Response>): Promise<void> {
  const response = await answer;
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${text.slice(0, 200)}`);
}

async function pingsDuring(url: string, work: () => Promise<unknown>): Promise<number[]> {
  const pinger = script('matching/ping.ts', [], [url]);
  const output = outputOf(pinger);
  await once(pinger.stdout, 'data');
  await work();
  pinger.stdin.end();
  return JSON.parse((await output).replace(/^ready\n/, '')) as number[];
}

function script(file: string, flags: string[], given: string[]) {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return spawn(process.execPath, [...flags, '--import', '@swc-node/register/esm-register', path, ...given], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

async function outputOf(child: ReturnType<typeof script>): Promise<string> {
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${code}`);
  return output;
}

function percentile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

function rounded(figure: number, digits = 2): number {
  return Number(figure.toFixed(digits));
}

function tableOf(rows: readonly BenchRow[]): string {
  const lines = rows.map(({ name, figure, unit, goal, ok }) => {
    const verdict = ok === undefined ? '' : ok ? 'met' : 'missed';
    return `| ${name} | ${figure} ${unit} | ${goal ?? ''} | ${verdict} |`;
  });
  return ['| what | figure | goal | |', '| --- | ---: | ---: | --- |', ...lines, ''].join('\n');
}
