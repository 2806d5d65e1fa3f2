import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readEnv } from '../src/config/env.js';
import { createApp } from '../src/configure-app.js';

const AT_ONCE = 8;
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

/** Milliseconds for so many requests, some at once. */
export async function load(url: string, requests: number): Promise<number> {
  const start = performance.now();
  let left = requests;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) await asked(url);
    }),
  );
  return performance.now() - start;
}

export async function asked(url: string): Promise<void> {
  const response = await fetch(url, { headers: { Authorization: `Token ${BENCH_TOKEN}` } });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  await response.text();
}
