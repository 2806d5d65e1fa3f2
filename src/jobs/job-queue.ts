import { Injectable, Logger } from '@nestjs/common';
import PgBoss from 'pg-boss';
import { DataSource } from 'typeorm';

const QUEUE = 'job-runs';
const TICK = 'job-schedules';
const EVERY_MINUTE = '* * * * *';

interface Connection {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** How many jobs of one process run at the same time. */
const WORKERS = 2;

/**
 * The queue between those who ask for work and the processes that do it: pg-boss, in our own database. It only carries
 * the ids of runs; what a run is stands in its row, so that a message that comes twice does no harm.
 */
@Injectable()
export class JobQueue {
  private readonly logger = new Logger(JobQueue.name);
  private boss?: PgBoss;
  private workers: string[] = [];

  constructor(private readonly dataSource: DataSource) {}

  async start(work: (runUuid: string) => Promise<void>, tick: () => Promise<void>): Promise<void> {
    const boss = new PgBoss({ db: { executeSql: (text, values) => this.execute(text, values) }, retentionDays: 7 });
    boss.on('error', (error) => this.logger.warn(`The queue had a problem: ${error.message}`));
    await boss.start();
    await boss.createQueue(QUEUE, { name: QUEUE, retryLimit: 0, expireInHours: 23 });
    await boss.createQueue(TICK, { name: TICK, policy: 'short', retryLimit: 0 });
    await boss.schedule(TICK, EVERY_MINUTE);
    const options = { batchSize: 1, pollingIntervalSeconds: 2 };
    this.workers = await Promise.all(
      Array.from({ length: WORKERS }, () =>
        boss.work<{ run: string }>(QUEUE, options, async ([job]) => work(job!.data.run)),
      ),
    );
    await boss.work(TICK, { ...options, pollingIntervalSeconds: 10 }, tick);
    this.boss = boss;
  }

  async send(runUuid: string): Promise<void> {
    if (!this.boss) return;
    await this.boss.send(QUEUE, { run: runUuid });
    // Workers of this process need not wait for their next look.
    this.workers.forEach((worker) => this.boss!.notifyWorker(worker));
  }

  /** Takes no more work and waits for what is running. */
  async stop(): Promise<void> {
    const boss = this.boss;
    this.boss = undefined;
    await boss?.stop({ graceful: true, wait: true, close: false, timeout: 30_000 });
  }

  /** pg-boss sends several statements in one text, which TypeORM's own `query` cannot answer. */
  private async execute(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
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
