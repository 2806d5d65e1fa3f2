import { type DynamicModule, type FactoryProvider, Module, type ModuleMetadata, type Provider } from '@nestjs/common';
import { Acts } from '../common/acts.js';
import { Clock } from '../common/clock.js';
import { Contexts } from '../common/contexts.js';
import { ListFiles } from '../common/list-files.js';
import { PublicAddress } from '../common/links.js';
import { MetricsRegistry } from '../common/metrics-registry.js';
import { Requests } from '../common/requests.js';
import { UuidFormatter } from '../common/uuid-formatter.js';
import { Env } from './env.js';

/** How the environment is made of what other providers know. */
export type AsyncEnv = Pick<ModuleMetadata, 'imports'> & Pick<FactoryProvider<Env>, 'inject' | 'useFactory'>;

/** What every other module may rely on without asking: the checked environment, the clock, and what comes of them. */
@Module({})
export class ConfigModule {
  static forRoot(env: Env, clock: Clock): DynamicModule {
    return this.with({ provide: Env, useValue: env }, clock);
  }

  static forRootAsync({ imports, inject, useFactory }: AsyncEnv, clock: Clock): DynamicModule {
    return this.with({ provide: Env, inject, useFactory }, clock, imports);
  }

  private static with(env: Provider, clock: Clock, imports: ModuleMetadata['imports'] = []): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      imports,
      providers: [
        env,
        { provide: Clock, useValue: clock },
        MetricsRegistry,
        Contexts,
        Requests,
        Acts,
        ListFiles,
        {
          provide: PublicAddress,
          inject: [Env],
          useFactory: ({ PUBLIC_URL, HOST, ALLOWED_HOSTS, WALDUR_URL }: Env) =>
            new PublicAddress(PUBLIC_URL, [HOST, ...ALLOWED_HOSTS], !!WALDUR_URL),
        },
        {
          provide: UuidFormatter,
          inject: [Env],
          useFactory: ({ UUID_FORMAT }: Env) => new UuidFormatter(UUID_FORMAT),
        },
      ],
      exports: [Env, Clock, MetricsRegistry, Requests, Acts, ListFiles, PublicAddress, UuidFormatter],
    };
  }
}
