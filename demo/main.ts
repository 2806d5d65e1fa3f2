/**
 * `npm run demo`: the main job on sample data, over real HTTP. Starts an ArrowSphere emulator and the service on an
 * empty embedded database, walks through the work of an operator, and stays up. With `-- --beside-waldur` a Waldur's
 * stand-in has the directory, and gets the charges.
 */
import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ArrowEmulator } from '../emulator/arrow-emulator.js';
import { sampleData } from '../emulator/sample-data.js';
import { WaldurStandIn } from '../emulator/waldur/waldur-stand-in.js';
import { newToken } from '../src/auth/token.js';
import { readEnv } from '../src/config/env.js';
import { createApp } from '../src/configure-app.js';
import { listen } from '../src/listen.js';
import type { Answer, DemoContext } from './context.js';
import { keptHere, keptInWaldur } from './directory.js';
import { steps, stepsBesideWaldur } from './steps.js';
import { besideWaldur, personInWaldur } from './waldur.js';

const token = process.env.STAFF_TOKEN ?? newToken();
const dataDir = mkdtempSync(join(tmpdir(), 'waldur-arrowsphere-demo-'));
const arrow = await ArrowEmulator.start({ port: Number(process.env.EMULATOR_PORT ?? 0), data: sampleData() });
const waldur = process.argv.includes('--beside-waldur') ? await WaldurStandIn.start() : undefined;
let app: NestFastifyApplication | undefined;
const url = await start().catch(async (error: unknown) => {
  console.error((error as Error).message);
  return stop(1);
});
/** Beside a Waldur it is one of its users who works here. */
const caller = waldur ? personInWaldur(waldur) : token;

const call: DemoContext['call'] = async (method, path, body, expected) => {
  const response = await fetch(path.startsWith('http') ? path : `${url}${path}`, {
    method,
    headers: {
      Authorization: `Token ${caller}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  const answer: Answer = {
    status: response.status,
    headers: response.headers,
    body: isJson && text ? JSON.parse(text) : text,
  };
  const asExpected = expected ? answer.status === expected : response.ok;
  if (!asExpected) throw new Error(`${method} ${path} answered ${answer.status}: ${text.slice(0, 500)}`);
  return answer;
};
const finish: DemoContext['finish'] = async (path, given) => {
  const { body } = await call('POST', path, given, 202);
  for (;;) {
    const { body: job } = await call('GET', `/api/admin/arrow/jobs/${body.job_id}/`);
    if (job.state !== 'queued' && job.state !== 'running') return job;
    await setTimeout(100);
  }
};
const say = (text: string) => console.log(`   ${text}`);
const context: DemoContext = {
  arrow,
  call,
  finish,
  say,
  directory: waldur ? keptInWaldur(waldur, { finish, say }) : keptHere(call),
  title: (text) => console.log(`\n── ${text} ${'─'.repeat(Math.max(2, 76 - text.length))}`),
  made: new Map(),
};

process.once('SIGINT', () => void stop(0));
process.once('SIGTERM', () => void stop(0));

try {
  for (const step of waldur ? stepsBesideWaldur(waldur) : steps) await step(context);
} catch (error) {
  console.error(error);
  await stop(1);
}

console.log(`
── Now you ${'─'.repeat(68)}
   Swagger UI   ${url}/docs      (Authorize, tokenAuth: Token ${caller})
   ArrowSphere  ${arrow.url}   (emulator, API key ${arrow.apiKey})${waldur ? `\n   Waldur       ${waldur.url}   (stand-in, the same token)` : ''}

   curl -H 'Authorization: Token ${caller}' '${url}/api/admin/arrow/customer-mappings/'

   The data lives in ${dataDir} and goes when you stop the demo (Ctrl+C).`);
if (process.argv.includes('--exit')) await stop(0);

/** Answers where the service listens. */
async function start(): Promise<string> {
  const env = readEnv({
    LOG_LEVEL: 'error',
    ...process.env,
    ...(waldur ? besideWaldur(waldur) : {}),
    STAFF_TOKEN: token,
    ARROW_ALLOW_PRIVATE_HOSTS: 'true',
    DATABASE_URL: undefined,
    DATA_DIR: dataDir,
  });
  app = await createApp(env);
  return listen(app, env);
}

async function stop(code: number): Promise<never> {
  await app?.close();
  await Promise.all([arrow.stop(), waldur?.stop()]);
  rmSync(dataDir, { recursive: true, force: true });
  process.exit(code);
}
