import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readEnv } from '../src/config/env.js';
import { createApp } from '../src/configure-app.js';
import { compile } from '../test/support/compile.js';
import { cache, prepareDatabases, root } from '../test/support/databases.js';

export const BENCH_TOKEN = 'bench-token-0123456789abcdefghijklmnopqrstuv';

/** The service in this process, on an embedded database of its own. */
export interface Served {
  readonly app: NestFastifyApplication;
  readonly url: string;
  stop(): Promise<void>;
}

export async function serve(variables: Record<string, string>): Promise<Served> {
  const dataDir = mkdtempSync(join(tmpdir(), 'waldur-arrow-bench-'));
  const app = await createApp(
    readEnv({ DATA_DIR: dataDir, STAFF_TOKEN: BENCH_TOKEN, LOG_LEVEL: 'fatal', ...variables }),
  );
  await app.listen(0, '127.0.0.1');
  return {
    app,
    url: await app.getUrl(),
    stop: async () => {
      await app.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}

/** What a benchmark needs that starts services as processes. */
export async function prepareProcesses(): Promise<void> {
  if (!process.env.TEST_DATABASE_URL) throw new Error('This needs TEST_DATABASE_URL.');
  Object.assign(process.env, await prepareDatabases(process.env.TEST_DATABASE_URL));
  process.env.TEST_COMPILED = await compile(root, cache);
}

const agent = new Agent({ keepAlive: true });

/** Milliseconds for so many requests, some at once. */
export async function load(url: string, requests: number, atOnce = 8): Promise<number> {
  const start = performance.now();
  let left = requests;
  const one = async () => {
    while (left-- > 0) await asked(url);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return performance.now() - start;
}

/** With less work than `fetch` has, on the cores that it shares with what it asks. */
export async function asked(url: string): Promise<void> {
  const headers = { Authorization: `Token ${BENCH_TOKEN}` };
  const [answer] = (await once(get(url, { agent, headers }), 'response')) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`);
  answer.resume();
  await once(answer, 'end');
}
