import { type INestApplicationContext, Module, type OnModuleInit } from '@nestjs/common';
import { ModuleRef, NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { AppLogger } from './common/app.logger.js';
import type { Env } from './config/env.js';
import { JobRunner } from './jobs/job-runner.js';

/** The application of one command: jobs are left to the service, as a command ends before they would. */
@Module({})
class CommandModule implements OnModuleInit {
  constructor(private readonly modules: ModuleRef) {}

  onModuleInit(): void {
    this.modules.get(JobRunner, { strict: false }).rest();
  }
}

/** The whole application, without HTTP, for one command. */
export function openApplication(env: Env): Promise<INestApplicationContext> {
  return NestFactory.createApplicationContext(
    // Only the service sees to it that STAFF_TOKEN opens, and listens where its metrics are read.
    {
      module: CommandModule,
      imports: [AppModule.forRoot({ ...env, STAFF_TOKEN: undefined, METRICS_PORT: undefined })],
    },
    { logger: new AppLogger({ ...env, LOG_LEVEL: 'error' }), abortOnError: false },
  );
}
