/**
 * The gateway against an ArrowSphere in a process of its own: how near a walk of many pages comes to what the
 * concurrency allows, and what streaming a long export costs in memory and time.
 */
import { HttpService } from '@nestjs/axios';
import { Logger } from '@nestjs/common';
import axios from 'axios';
import { type ChildProcess, spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ArrowAccount } from '../src/arrow-gateway/arrow-gateway.js';
import { arrowGatewayOptions } from '../src/arrow-gateway/arrow-gateway.options.js';
import { assembleGateway } from '../src/arrow-gateway/assemble-gateway.js';
import { parseExactJson } from '../src/http-client/exact-json.js';
import { SystemTimer } from '../src/http-client/gateway-timer.js';
import { readExportPage } from '../src/arrow-gateway/table-answers.js';
import type { BenchRow } from './bench-row.js';

const CUSTOMERS = 10_000;
const LATENCY_MS = 50;
const CONCURRENCY = 8;
const LINES = 1_000_000;
const PERIOD = '2026-05';
const MEGABYTE = 1024 * 1024;

/** Runs all of it; takes about a minute. */
export async function run(): Promise<BenchRow[]> {
  // Lines are made as in production, and dropped.
  const drop = (line: unknown): void => void JSON.stringify(line);
  Logger.overrideLogger({ log: drop, warn: drop, error: drop });
  // The export first: what the other leaves in memory would hide what this one takes.
  const exported = await streamExport();
  return [...(await walkCustomers()), ...exported];
}

async function walkCustomers(): Promise<BenchRow[]> {
  const emulator = await startEmulator({
    EMULATOR_CUSTOMERS: String(CUSTOMERS),
    EMULATOR_LICENSES: '1',
    EMULATOR_LATENCY_MS: String(LATENCY_MS),
  });
  const { gateway, close } = gatewayOf();
  const times: number[] = [];
  for (let round = 0; round < 9; round += 1) {
    const start = performance.now();
    const { data } = await gateway.listCustomers(emulator.account, { refresh: true });
    times.push(performance.now() - start);
    if (data.length !== CUSTOMERS) throw new Error(`${data.length} customers came`);
  }
  const bare = await fetchBare(emulator.account);
  close();
  emulator.stop();
  const ideal = Math.ceil(CUSTOMERS / 100 / CONCURRENCY) * LATENCY_MS;
  const best = Math.min(...times);
  const ratio = best / ideal;
  return [
    {
      name: `${CUSTOMERS} customers in pages of 100 at ${LATENCY_MS} ms, ${CONCURRENCY} at once (best of 9)`,
      figure: round(best),
      unit: 'ms',
    },
    { name: 'the same, ideal', figure: ideal, unit: 'ms' },
    { name: 'the same pages fetched and thrown away, as many at once', figure: round(bare), unit: 'ms' },
    { name: 'the same, to ideal', figure: round(ratio, 2), unit: '×', goal: '≤ 1.35', ok: ratio <= 1.35 },
  ];
}

/** What the machine makes of the ideal: the same requests over the same connections, nothing done with the answers. */
async function fetchBare({ apiUrl, apiKey }: ArrowAccount): Promise<number> {
  const httpAgent = new Agent({ keepAlive: true });
  const times: number[] = [];
  for (let round = 0; round < 9; round += 1) {
    let next = 1;
    const worker = async (): Promise<void> => {
      while (next <= CUSTOMERS / 100) {
        const params = { page: next++, per_page: 100 };
        await axios.get(`${apiUrl}customers`, { params, httpAgent, headers: { apiKey }, responseType: 'arraybuffer' });
      }
    };
    const start = performance.now();
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    times.push(performance.now() - start);
  }
  httpAgent.destroy();
  return Math.min(...times);
}

async function streamExport(): Promise<BenchRow[]> {
  const emulator = await startEmulator({
    EMULATOR_CUSTOMERS: '100',
    EMULATOR_LICENSES: '1000',
    EMULATOR_EXPORT_LINES: String(LINES),
  });
  const { gateway, close } = gatewayOf();
  const [type] = await gateway.listExportTypes(emulator.account);
  const query = { exportTypeReference: type?.reference ?? '', periodFrom: PERIOD, periodTo: PERIOD };
  const before = process.memoryUsage.rss();
  let most = before;
  let lines = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  for await (const page of gateway.exportPages(emulator.account, query)) {
    lines += page.rows.length;
    most = Math.max(most, process.memoryUsage.rss());
  }
  const elapsed = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  if (lines !== LINES) throw new Error(`${lines} lines came`);
  close();
  const texts = await samplePages(emulator.account, query.exportTypeReference);
  emulator.stop();

  const growth = (most - before) / MEGABYTE;
  const [parseOnly = 0, withChecks = 0] = linesPerSecond(
    texts,
    (text) => JSON.parse(text) as unknown,
    (text) => readExportPage(parseExactJson(text)),
  );
  return [
    {
      name: `export of ${LINES} lines, growth of resident memory`,
      figure: round(growth),
      unit: 'MB',
      goal: '< 100',
      ok: growth < 100,
    },
    { name: 'export, from the emulator through the parser', figure: round(lines / (elapsed / 1000)), unit: 'lines/s' },
    {
      name: 'export, the same per second of our own processor time',
      figure: round(lines / ((user + system) / 1e6)),
      unit: 'lines/s',
    },
    { name: 'export, reading alone (JSON, schema, cells)', figure: round(withChecks), unit: 'lines/s' },
    { name: 'export, JSON.parse of the same pages alone', figure: round(parseOnly), unit: 'lines/s' },
    {
      name: 'export, reading to JSON.parse',
      figure: round(withChecks / parseOnly, 2),
      unit: '×',
      goal: '≥ 0.5',
      ok: withChecks / parseOnly >= 0.5,
    },
  ];
}

/** Some pages as they come over the wire, to be parsed again and again. */
async function samplePages({ apiUrl, apiKey }: ArrowAccount, exportTypeReference: string): Promise<string[]> {
  const texts: string[] = [];
  for (let page = 1; page <= 20; page += 1) {
    const body = {
      exportTypeReference,
      page,
      outputFormat: { date: 'DD-MM-YYYY' },
      filters: { reportPeriod: { from: PERIOD, to: PERIOD } },
    };
    const answer = await axios.post<string>(`${apiUrl}billing/erp/exports/sync`, body, {
      headers: { apiKey },
      responseType: 'text',
      transformResponse: [],
    });
    texts.push(answer.data);
  }
  return texts;
}

/**
 * Lines per second of processor time for each way of reading the pages: taken in turns and the best turn of each, so
 * that whatever else the machine does meets all of them alike.
 */
function linesPerSecond(texts: readonly string[], ...ways: ReadonlyArray<(text: string) => unknown>): number[] {
  const best = ways.map(() => Infinity);
  for (let turn = 0; turn < 12; turn += 1) {
    for (const [index, read] of ways.entries()) {
      const start = process.cpuUsage();
      for (const text of texts) read(text);
      const { user, system } = process.cpuUsage(start);
      best[index] = Math.min(best[index] as number, user + system);
    }
  }
  return best.map((microseconds) => (texts.length * 1000) / (microseconds / 1e6));
}

function gatewayOf(): ReturnType<typeof assembleGateway> {
  const options = arrowGatewayOptions({ allowPrivateHosts: true, maxConcurrency: CONCURRENCY });
  return assembleGateway({ http: new HttpService(axios.create()), options, timer: new SystemTimer() });
}

async function startEmulator(env: Record<string, string>): Promise<{ account: ArrowAccount; stop: () => void }> {
  const main = fileURLToPath(new URL('../emulator/main.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ['--import', '@swc-node/register/esm-register', main], {
    env: { ...process.env, EMULATOR_WORLD: 'large', EMULATOR_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout?.on('data', (text: Buffer) => (said += text.toString()));
  for (let waited = 0; waited < 60_000; waited += 50) {
    const [apiUrl, apiKey] = [/API URL\s+(\S+)/.exec(said)?.[1], /API key\s+(\S+)/.exec(said)?.[1]];
    if (apiUrl && apiKey) return { account: { apiUrl, apiKey }, stop: () => child.kill() };
    if (child.exitCode !== null) throw new Error('The emulator did not start');
    await sleep(50);
  }
  child.kill();
  throw new Error('The emulator did not start within a minute');
}

function round(figure: number, decimals = 0): number {
  return Math.round(figure * 10 ** decimals) / 10 ** decimals;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const rows = await run();
  console.table(rows);
  if (rows.some(({ ok }) => ok === false)) process.exitCode = 1;
}
