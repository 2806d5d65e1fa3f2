import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { JobsService } from '../src/jobs/jobs.service.js';
import { KeyRotationService } from '../src/settings/key-rotation.service.js';
import { SecretKey } from '../src/settings/secret-key.js';
import { Settings } from '../src/settings/settings.entity.js';
import type { BenchRow } from './bench-row.js';
import { asked, serve } from './throughput.js';

const ACCOUNTS = 5_000;
const ROWS_AT_ONCE = 500;
const textOf = (letter: number) => Buffer.alloc(32, letter).toString('base64');
const [OLD, NEW] = [textOf(1), textOf(2)];

/** A rotation of `SECRET_KEY` over many accounts while the service serves, on an embedded database. */
export async function run(): Promise<BenchRow[]> {
  const served = await serve({ SECRET_KEY: NEW, SECRET_KEY_PREVIOUS: OLD });
  try {
    await fill(served.app.get(DataSource));
    const jobs = served.app.get(JobsService);
    const start = performance.now();
    const { uuid } = await served.app.get(KeyRotationService).start('bench');
    let longest = 0;
    let requests = 0;
    for (;;) {
      const begun = performance.now();
      await asked(`${served.url}/api/admin/arrow/settings/?page_size=10`);
      longest = Math.max(longest, performance.now() - begun);
      requests++;
      const { state, result } = await jobs.get(uuid);
      if (state === 'succeeded') {
        if (result?.['reencrypted'] !== ACCOUNTS) throw new Error(`It ended with ${JSON.stringify(result)}.`);
        break;
      }
      if (state !== 'queued' && state !== 'running') throw new Error(`It ${state}.`);
      await sleep(5);
    }
    const seconds = (performance.now() - start) / 1000;
    return [
      { name: `API keys of ${ACCOUNTS} accounts encrypted anew`, figure: Math.round(seconds * 10) / 10, unit: 's' },
      { name: 'a second', figure: Math.round(ACCOUNTS / seconds), unit: '' },
      { name: 'requests served meanwhile, one after another', figure: requests, unit: '' },
      { name: 'the longest of them', figure: Math.round(longest), unit: 'ms' },
    ];
  } finally {
    await served.stop();
  }
}

async function fill(database: DataSource): Promise<void> {
  const old = new SecretKey(OLD);
  for (let at = 0; at < ACCOUNTS; at += ROWS_AT_ONCE)
    await database.getRepository(Settings).insert(
      Array.from({ length: ROWS_AT_ONCE }, (_, i) => {
        const uuid = randomUUID();
        const account = { apiUrl: 'http://127.0.0.1', keyHint: '', keyChangedAt: new Date(), isActive: false };
        return {
          uuid,
          encryptedApiKey: old.encrypt(`key ${at + i}`, uuid),
          partnerName: `Partner ${at + i}`,
          ...account,
        };
      }),
    );
}
