import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule as NestConfigModule, ConfigService } from '@nestjs/config';
import { Clock } from '../common/clock.js';
import { Env } from './env.js';

/** What every other module may rely on without asking: the checked environment and the clock. */
@Module({})
export class ConfigModule {
  static forRoot(env: Env, clock: Clock): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      imports: [NestConfigModule.forRoot({ ignoreEnvFile: true, skipProcessEnv: true, load: [() => ({ env })] })],
      providers: [
        { provide: Env, inject: [ConfigService], useFactory: (config: ConfigService) => config.getOrThrow<Env>('env') },
        { provide: Clock, useValue: clock },
      ],
      exports: [Env, Clock],
    };
  }
}
