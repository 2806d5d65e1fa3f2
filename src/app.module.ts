import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { ArrowGatewayModule } from './arrow-gateway/arrow-gateway.module.js';
import { ArrowRootController } from './arrow-root.controller.js';
import { AccessGuard } from './auth/access.guard.js';
import { AuthModule } from './auth/auth.module.js';
import { AnswerInterceptor } from './common/answer.interceptor.js';
import { AppErrorFilter } from './common/app-error.filter.js';
import { type Clock, SystemClock } from './common/clock.js';
import { ValidationPipe } from './common/validation/validation.pipe.js';
import { BillingModule } from './billing/billing.module.js';
import { ConfigModule } from './config/config.module.js';
import type { Env } from './config/env.js';
import { DatabaseModule } from './database/database.module.js';
import { RefusalInterceptor } from './database/refusal.interceptor.js';
import { DirectoryModule } from './directory/directory.module.js';
import { HealthController } from './health.controller.js';
import { LicensesModule } from './licenses/licenses.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { MappingsModule } from './mappings/mappings.module.js';
import { SettingsModule } from './settings/settings.module.js';

/** What there is, lowest first. Each exports its services. */
const features = [
  DirectoryModule,
  JobsModule,
  ArrowGatewayModule,
  SettingsModule,
  MappingsModule,
  LicensesModule,
  BillingModule,
];

/**
 * The table of contents: every module, lowest first, and what stands around every request.
 *
 * Other Nest code may import it: `imports: [AppModule.forRoot(readEnv({ … }))]`, once, in its root module. Its providers
 * can then be given `CustomerMappingsService`, `SettingsService` and all the others, with HTTP or without
 * (`NestFactory.createApplicationContext`). Guards, pipe, interceptor and filter hold for the whole application; see
 * `configureApp` for one that serves HTTP.
 */
@Module({})
export class AppModule {
  static forRoot(env: Env, clock: Clock = new SystemClock()): DynamicModule {
    return {
      module: AppModule,
      imports: [ConfigModule.forRoot(env, clock), DatabaseModule.forRoot(), AuthModule, ...features],
      exports: features,
      controllers: [HealthController, ArrowRootController],
      providers: [
        { provide: APP_GUARD, useExisting: AccessGuard },
        { provide: APP_PIPE, useClass: ValidationPipe },
        { provide: APP_INTERCEPTOR, useClass: AnswerInterceptor },
        { provide: APP_INTERCEPTOR, useClass: RefusalInterceptor },
        { provide: APP_FILTER, useClass: AppErrorFilter },
      ],
    };
  }
}
