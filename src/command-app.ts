import { type INestApplicationContext, type LogLevel, Module, type OnModuleInit } from '@nestjs/common';
import { ModuleRef, NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
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
export function openApplication(env: Env, logger: LogLevel[]): Promise<INestApplicationContext> {
  return NestFactory.createApplicationContext(
    // Only a start of the service sees to it that STAFF_TOKEN opens; the port of the metrics is the service's own.
    {
      module: CommandModule,
      imports: [AppModule.forRoot({ ...env, STAFF_TOKEN: undefined, METRICS_PORT: undefined })],
    },
    { logger, abortOnError: false },
  );
}
