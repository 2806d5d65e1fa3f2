/**
 * A service without HTTP in a process of its own, whose jobs of the kind `test` write one row each into `job_test_row`,
 * in a transaction that checks the lease. It waits for the parent's word at both points that matter.
 */
import 'reflect-metadata';
import { once } from 'node:events';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { AppModule } from '../../../src/app.module.js';
import { readEnv } from '../../../src/config/env.js';
import { JobHandlers } from '../../../src/jobs/job-handlers.js';

const wordOfParent = () => once(process, 'message');

void start();

async function start(): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule.forRoot(readEnv()), { logger: false });
  const database = app.get(DataSource);
  app.get(JobHandlers).register('test', async ({ lease, run }) => {
    const word = wordOfParent();
    process.send!(`started ${run.scope} ${run.attempts}`);
    await word;
    let written = false;
    try {
      await database.transaction(async (manager) => {
        await lease.check(manager);
        await manager.query(`INSERT INTO job_test_row (worker) VALUES ($1)`, [process.pid]);
        written = true;
      });
    } finally {
      process.send!(written ? 'wrote' : 'refused');
    }
    return { worker: process.pid };
  });
  process.send!('ready');
}
