import { type INestApplicationContext, Module, type OnModuleInit } from '@nestjs/common';
import { ModuleRef, NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { AppLogger } from './common/app.logger.js';
import type { Env } from './config/env.js';
import { LEAVES_SCHEMA } from './database/database.module.js';
import { BootstrapStaffService } from './directory/users/bootstrap-staff.service.js';
import { JobRunner } from './jobs/job-runner.js';

/**
 * The application of one command. Jobs are left to the service, as a command ends before they would; so are the schema
 * and the first staff user: who mistypes the name of a database, or only looks, makes nothing.
 */
@Module({})
class CommandModule implements OnModuleInit {
  constructor(private readonly modules: ModuleRef) {}

  onModuleInit(): void {
    for (const service of [JobRunner, BootstrapStaffService]) this.modules.get(service, { strict: false }).rest();
  }
}

/** The whole application, without HTTP, for one command. */
export function openApplication(env: Env): Promise<INestApplicationContext> {
  return NestFactory.createApplicationContext(
    // Only the service listens where its metrics are read.
    {
      module: CommandModule,
      global: true,
      imports: [AppModule.forRoot({ ...env, METRICS_PORT: undefined })],
      providers: [{ provide: LEAVES_SCHEMA, useValue: true }],
      exports: [LEAVES_SCHEMA],
    },
    { logger: new AppLogger({ ...env, LOG_LEVEL: 'error' }), abortOnError: false },
  );
}
