import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobIncompleteError, LeaseLostError } from '../../src/jobs/job.errors.js';
import { type JobControl, JobHandlers, type JobHandler } from '../../src/jobs/job-handlers.js';
import type { JobRun } from '../../src/jobs/job-run.entity.js';
import { JobRunner } from '../../src/jobs/job-runner.js';
import { JobsRepository } from '../../src/jobs/jobs.repository.js';
import { JobsService } from '../../src/jobs/jobs.service.js';
import { startApp, type TestApp } from '../support/app.js';
import { programArguments } from '../support/programs.js';

declare const TEST_DATABASE: 'pglite' | 'postgres';

let app: TestApp;
let jobs: JobsService;
let repository: JobsRepository;
let kinds = 0;

beforeAll(async () => {
  app = await startApp();
  jobs = app.app.get(JobsService);
  repository = app.app.get(JobsRepository);
});
afterAll(() => app.stop());

const enqueue = (kind: string, scope = 'here') =>
  jobs.enqueue({ kind, scope, parameters: { what: 'a test' }, requestedBy: 'test' });

/** A job of a new kind, done by this handler. */
async function given(handler: JobHandler): Promise<JobRun> {
  const kind = `test-${++kinds}`;
  app.app.get(JobHandlers).register(kind, handler);
  return enqueue(kind);
}

async function ended({ uuid }: JobRun): Promise<JobRun> {
  for (;;) {
    const run = await jobs.get(uuid);
    if (!['queued', 'running'].includes(run.state)) return run;
    await sleep(20);
  }
}

const expire = ({ uuid }: JobRun) =>
  app.database.query(`UPDATE job_run SET lease_expires_at = now() - interval '1 second' WHERE uuid = $1`, [uuid]);

describe('A job', () => {
  test('that succeeded has done all there was to do', async () => {
    const run = await given(async ({ progress }) => {
      await progress('counting', 0, 3);
      await progress('counting', 2, 3);
      return { counted: 3 };
    });
    expect(await ended(run)).toMatchObject({
      state: 'succeeded',
      step: 'done',
      progressDone: 3,
      progressTotal: 3,
      result: { counted: 3 },
      attempts: 1,
      leaseToken: null,
      leaseExpiresAt: null,
    });
  });

  test('that did a part only has failed and has a result', async () => {
    const run = await given(async ({ progress }) => {
      await progress('reading', 1, 2);
      throw new JobIncompleteError('1 of 2 could not be read.', { read: 1, failed: 1 });
    });
    await ended(run);
    expect((await app.api.get(`/api/admin/arrow/jobs/${run.uuid}/`)).body).toMatchObject({
      state: 'failed',
      error_code: 'incomplete',
      error_message: '1 of 2 could not be read.',
      result: { read: 1, failed: 1 },
      progress: { done: 1, total: 2 },
    });
  });

  test('that is cancelled while it runs stops at its next step, and what it holds does not delay the word', async () => {
    const checked = new EventEmitter();
    const holding = once(checked, 'checked');
    const run = await given(async ({ lease, progress, signal }) => {
      await app.database.transaction(async (manager) => {
        await lease.check(manager);
        checked.emit('checked');
        // Only a server lets others write meanwhile.
        if (TEST_DATABASE === 'postgres') await once(signal, 'abort');
      });
      for (;;) await progress(`step ${Math.random()}`, 0, 1);
    });
    await holding;
    await jobs.cancel(run.uuid);
    expect(await ended(run)).toMatchObject({ state: 'cancelled', errorCode: '', attempts: 1 });
  });

  test('of a kind that no program here knows waits for one that does', async () => {
    const unknown = await enqueue('of-another-version');
    await ended(await given(() => Promise.resolve({})));
    expect(await jobs.get(unknown.uuid)).toMatchObject({ state: 'queued', attempts: 0 });
    await jobs.cancel(unknown.uuid);
  });

  test('runs beside one other of its process, and no more', async () => {
    const gate = new AbortController();
    let running = 0;
    let most = 0;
    const kind = `test-${++kinds}`;
    app.app.get(JobHandlers).register(kind, async () => {
      most = Math.max(most, ++running);
      if (running === 2) gate.abort();
      if (!gate.signal.aborted) await once(gate.signal, 'abort');
      running--;
      return {};
    });
    const runs = await Promise.all(Array.from({ length: 7 }, (_, i) => enqueue(kind, `${i}`)));
    await Promise.all(runs.map(ended));
    expect(most).toBe(2);
  });
});

describe('A lease', () => {
  const KIND = 'leased';
  const claim = async (busyWith: string[] = []) => repository.claimNext([KIND], busyWith, 15);

  test('lasts for fifteen seconds from when it was taken, and from each step', async () => {
    const isFrom = async ({ uuid }: JobRun, moment: string) => {
      const [row] = await app.database.query<[{ is_from: boolean; now: string }]>(
        `SELECT lease_expires_at - interval '15 seconds' BETWEEN $2::timestamptz AND clock_timestamp() AS is_from,
           clock_timestamp()::text AS now
         FROM job_run WHERE uuid = $1`,
        [uuid, moment],
      );
      return row;
    };
    const run = await given(async ({ run: own, progress }) => {
      const taken = await isFrom(own, own.created.toISOString());
      await progress('next step', 1, 2);
      return { taken: taken.is_from, step: (await isFrom(own, taken.now)).is_from };
    });
    expect((await ended(run)).result).toEqual({ taken: true, step: true });
  });

  test('that ran out is given to the next, and whoever had it changes nothing any more', async () => {
    const run = await enqueue(KIND, 'two workers');
    const first = (await claim())!;
    expect(first).toMatchObject({ takenOver: false, run: { uuid: run.uuid, attempts: 1 } });
    expect(await claim()).toBeNull();
    await expire(run);
    expect(await claim([run.uuid])).toBeNull();
    const second = (await claim())!;
    expect(second).toMatchObject({ takenOver: true, run: { uuid: run.uuid, attempts: 2 } });
    expect(second.token).not.toBe(first.token);

    const late = () => [
      () => repository.extendLease(first, 15),
      () => repository.extendLease(first, 15, { step: 'late', done: 1, total: 1 }),
      () => repository.complete(first, { late: true }),
      () => repository.fail(first, { state: 'failed', errorCode: 'late', errorMessage: 'late' }),
      () => repository.putBack(first),
      () => app.database.transaction((manager) => repository.leaseOf(first).check(manager)),
    ];
    for (const write of late()) await expect(write()).rejects.toThrow(LeaseLostError);
    await app.database.transaction((manager) => repository.leaseOf(second).check(manager));
    await repository.complete(second, { late: false });
    for (const write of late()) await expect(write()).rejects.toThrow(LeaseLostError);
    expect(await jobs.get(run.uuid)).toMatchObject({ state: 'succeeded', result: { late: false }, step: 'done' });
  });

  test('that ran out unnoticed does not let its worker write', async () => {
    const run = await enqueue(KIND, 'ran out');
    const only = (await claim())!;
    await expire(run);
    await expect(app.database.transaction((manager) => repository.leaseOf(only).check(manager))).rejects.toThrow(
      expect.objectContaining({ code: 'lease_lost' }),
    );
    await repository.putBack((await claim())!);
    await jobs.cancel(run.uuid);
  });

  test('is not taken from a worker that is in the middle of writing', async () => {
    if (TEST_DATABASE === 'pglite') return;
    const run = await enqueue(KIND, 'writing');
    const writer = (await claim())!;
    await app.database.transaction(async (manager) => {
      await repository.leaseOf(writer).check(manager);
      await expire(run);
      expect(await claim()).toBeNull();
    });
    const next = (await claim())!;
    expect(next).toMatchObject({ takenOver: true, run: { uuid: run.uuid } });
    await repository.complete(next, {});
  });

  test('of a job that is lost while it runs ends it without a trace', async () => {
    let control: JobControl;
    let attempts = 0;
    const run = await given(async (its) => {
      if (++attempts > 1) return { attempts };
      control = its;
      // Somebody else has it from here on.
      await app.database.query(`UPDATE job_run SET lease_token = gen_random_uuid() WHERE uuid = $1`, [its.run.uuid]);
      await once(its.signal, 'abort');
      await expire(its.run);
      return its.progress('too late', 1, 1).then(() => ({ attempts }));
    });
    expect(await ended(run)).toMatchObject({ state: 'succeeded', result: { attempts: 2 }, attempts: 2, errorCode: '' });
    expect(control!.signal.reason).toBeInstanceOf(LeaseLostError);
  });

  test('is given five times to processes that die of it, and no more', async () => {
    const kind = `deadly-${++kinds}`;
    const run = await enqueue(kind);
    for (let i = 0; i < 5; i++) {
      expect(await repository.claimNext([kind], [], 15)).toMatchObject({ run: { attempts: i + 1 } });
      await expire(run);
    }
    app.app.get(JobHandlers).register(kind, () => Promise.resolve({}));
    app.app.get(JobRunner).wake();
    expect(await ended(run)).toMatchObject({ state: 'failed', errorCode: 'job_gave_up' });
  });

  test('of a process that died is cancelled at once, as there may be nobody to take it over', async () => {
    const kind = `left-${++kinds}`;
    const run = await enqueue(kind);
    const claim = await repository.claimNext([kind], [], 15);
    await expire(run);
    expect(await jobs.cancel(run.uuid)).toMatchObject({ state: 'cancelled', finishedAt: expect.any(Date) });
    await expect(repository.complete(claim!, {})).rejects.toThrow(LeaseLostError);
  });

  test('of a process that died is taken over, and the job cancelled if somebody had asked for that', async () => {
    const kind = `cancelled-${++kinds}`;
    const run = await enqueue(kind);
    await repository.claimNext([kind], [], 15);
    expect(await jobs.cancel(run.uuid)).toMatchObject({ state: 'running', cancelRequested: true });
    await expire(run);
    app.app.get(JobHandlers).register(kind, () => Promise.resolve({ ran: true }));
    app.app.get(JobRunner).wake();
    expect(await ended(run)).toMatchObject({ state: 'cancelled', result: null });
  });
});

// An embedded database has one process.
(TEST_DATABASE === 'postgres' ? describe : describe.skip)('Several processes', () => {
  const children: ChildProcess[] = [];
  afterAll(() => children.forEach((child) => child.kill('SIGKILL')));

  const start = async () => {
    const [program, ...execArgv] = programArguments('job-process').reverse() as [string, ...string[]];
    const child = fork(program, {
      execArgv,
      env: { ...process.env, ...app.variables, LOG_LEVEL: 'fatal' },
    });
    children.push(child);
    const words = new EventEmitter();
    const heard: string[] = [];
    child.on('message', (word: string) => {
      heard.push(word);
      words.emit('word');
    });
    const says = async (word: string) => {
      while (!heard.includes(word)) await once(words, 'word');
    };
    await says('ready');
    return { child, says };
  };
  const written = async () =>
    (await app.database.query<{ worker: number }[]>(`SELECT worker FROM job_test_row`)).map((row) => row.worker);

  test('do a job once, however they freeze and die', async () => {
    await app.database.query(`CREATE TABLE job_test_row (worker integer NOT NULL)`);
    const frozen = await start();
    const run = await enqueue('test', 'first');
    await frozen.says('started first 1');
    frozen.child.kill('SIGSTOP');
    await expire(run);

    const killed = await start();
    await killed.says('started first 2');
    killed.child.kill('SIGKILL');
    await once(killed.child, 'exit');
    await expire(run);

    const last = await start();
    await last.says('started first 3');
    last.child.send('write');
    await last.says('wrote');
    const done = await ended(run);
    expect(done).toMatchObject({ state: 'succeeded', attempts: 3, result: { worker: last.child.pid } });

    frozen.child.kill('SIGCONT');
    frozen.child.send('write');
    await frozen.says('refused');
    // Its worker is free again: it takes the next job.
    last.child.kill('SIGKILL');
    await once(last.child, 'exit');
    const next = await enqueue('test', 'next');
    await frozen.says('started next 1');
    frozen.child.send('write');
    await frozen.says('wrote');
    expect(await ended(next)).toMatchObject({ state: 'succeeded', result: { worker: frozen.child.pid } });
    expect(await written()).toEqual([last.child.pid, frozen.child.pid]);
    expect(await jobs.get(run.uuid)).toEqual(done);
  }, 120_000);
});

describe('A schedule', () => {
  const HOUR_MS = 3_600_000;
  afterEach(() => app.clock.set(undefined));

  test('is not kept from its turn by a clock that was ahead once, and has its turn once whatever clocks say', async () => {
    const now = Date.now();
    let started = 0;
    const start = () => Promise.resolve(void (started += 1));
    app.app.get(JobHandlers).every({ name: 'of a test', everyHours: () => 1, start });
    const startedAt = async (moment: number) => {
      app.clock.set(new Date(moment));
      await app.app.get(JobRunner).tick();
      return started;
    };
    expect(await startedAt(now + 24 * HOUR_MS)).toBe(1);
    expect(await startedAt(now)).toBe(2);
    // Another instance, whose clock is a little behind.
    expect(await startedAt(now - 30_000)).toBe(2);
    expect(await startedAt(now + HOUR_MS - 1)).toBe(2);
    expect(await startedAt(now + HOUR_MS)).toBe(3);
  });
});
