import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import PgBoss from 'pg-boss';
import { DataSource } from 'typeorm';

const QUEUE = 'job-runs';

/** How many jobs of one process run at the same time. */
const WORKERS = 2;
/** What other processes put in is seen so soon. */
const POLL_MS = 2_000;
const TICK_MS = 60_000;
const LONGEST_STOP_MS = 30_000;

interface Connection {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/**
 * The queue between those who ask for work and the processes that do it: pg-boss, in our own database. It only carries
 * the ids of runs; what a run is stands in its row, so that a message that comes twice does no harm.
 *
 * The workers are ours: pg-boss's own do not wait for a job's end to be written down, so that a database that is away
 * at that moment takes the process with it.
 */
@Injectable()
export class JobQueue {
  private readonly logger = new Logger(JobQueue.name);
  private readonly stopping = new AbortController();
  private readonly statements = new Set<Promise<unknown>>();
  private news = new AbortController();
  private boss?: PgBoss;
  private loops: Promise<void>[] = [];

  constructor(private readonly dataSource: DataSource) {}

  /** `work` does one run; `tick` is called every minute, by every process. */
  async start(work: (runUuid: string) => Promise<void>, tick: () => Promise<void>): Promise<void> {
    const executeSql = (text: string, values?: unknown[]) => this.execute(text, values);
    const boss = new PgBoss({ db: { executeSql }, schedule: false, retentionDays: 7 });
    boss.on('error', (error) => this.logger.warn(`The queue had a problem: ${error.message}`));
    await boss.start();
    await boss.createQueue(QUEUE, { name: QUEUE, retryLimit: 0, expireInHours: 23 });
    this.boss = boss;
    const workers = Array.from({ length: WORKERS }, () => this.again(() => this.workOnce(boss, work)));
    const ticks = this.again(async () => {
      await this.wait(TICK_MS);
      if (!this.stopping.signal.aborted) await tick();
    });
    this.loops = [...workers, ticks];
  }

  async send(runUuid: string): Promise<void> {
    if (this.stopping.signal.aborted) return;
    await this.boss?.send(QUEUE, { run: runUuid });
    // Workers of this process need not wait for their next look.
    this.news.abort();
    this.news = new AbortController();
  }

  /** Takes no more work and waits for what is running, and for what of it is still being written down. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.news.abort();
    await Promise.race([Promise.all(this.loops), sleep(LONGEST_STOP_MS, undefined, { ref: false })]);
    await this.boss?.stop({ graceful: false, close: false });
    await Promise.allSettled(this.statements);
  }

  /** One job, if there is one; otherwise a while passes, unless there is news. */
  private async workOnce(boss: PgBoss, work: (runUuid: string) => Promise<void>): Promise<void> {
    const { signal: news } = this.news;
    const [job] = await boss.fetch<{ run: string }>(QUEUE);
    if (!job) return this.wait(POLL_MS, news);
    await work(job.data.run);
    await boss.complete(QUEUE, job.id);
  }

  /** Until the service stops. What fails is tried again: a run that nobody finished is taken over from its row. */
  private async again(step: () => Promise<void>): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await step();
      } catch (error) {
        this.logger.warn(`What a job did cannot be written down, it is taken up again: ${(error as Error).message}`);
        await this.wait(POLL_MS);
      }
    }
  }

  private async wait(ms: number, until: AbortSignal = this.stopping.signal): Promise<void> {
    await sleep(ms, undefined, { signal: until }).catch(() => undefined);
  }

  private execute(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    const statement = this.query(text, values).finally(() => this.statements.delete(statement));
    this.statements.add(statement);
    return statement;
  }

  /** pg-boss sends several statements in one text, which TypeORM's own `query` cannot answer. */
  private async query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const connection = (await runner.connect()) as Connection;
      const result = await connection.query(text, values);
      return Array.isArray(result) ? ((result as { rows: unknown[] }[]).at(-1) ?? { rows: [] }) : result;
    } finally {
      await runner.release();
    }
  }
}
