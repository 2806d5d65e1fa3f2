import { type DynamicModule, Module } from '@nestjs/common';
import { type Clock, SystemClock } from './common/clock.js';
import { AuditModule } from './audit/audit.module.js';
import { type AsyncEnv, ConfigModule } from './config/config.module.js';
import type { Env } from './config/env.js';
import { DatabaseModule } from './database/database.module.js';
import { LimitsModule } from './limits/limits.module.js';
import { MetricsServer } from './metrics-server.js';

/**
 * What all other modules stand on: configuration, database, audit trail, limits and metrics. An application imports it once, in its root module, and
 * beside it the features that it uses.
 */
@Module({})
export class CoreModule {
  /** `env` as {@link readEnv} gives it. */
  static forRoot(env: Env, clock: Clock = new SystemClock()): DynamicModule {
    return {
      module: CoreModule,
      imports: [
        ConfigModule.forRoot(env, clock),
        DatabaseModule.forRoot(),
        AuditModule.forRoot(),
        LimitsModule.forRoot(),
      ],
      providers: [MetricsServer],
    };
  }

  /** The same, where the environment comes from other providers. */
  static forRootAsync(env: AsyncEnv, clock: Clock = new SystemClock()): DynamicModule {
    return {
      module: CoreModule,
      imports: [
        ConfigModule.forRootAsync(env, clock),
        DatabaseModule.forRoot(),
        AuditModule.forRoot(),
        LimitsModule.forRoot(),
      ],
      providers: [MetricsServer],
    };
  }
}
