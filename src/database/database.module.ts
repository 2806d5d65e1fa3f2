import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Env } from '../config/env.js';
import { dataSourceOptions } from './data-source-options.js';
import { migrate } from './migrate.js';
import { RelatedObjects } from './related-objects.js';

/** The connection to PostgreSQL, embedded or not, migrated before anything else uses it. */
@Global()
@Module({})
export class DatabaseModule {
  static forRoot(): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          inject: [Env],
          useFactory: async (env: Env) => ({
            ...(await dataSourceOptions(env)),
            autoLoadEntities: true,
            retryAttempts: 0,
            // Otherwise a retry is announced that does not come.
            toRetry: () => false,
          }),
          dataSourceFactory: async (options) => {
            const dataSource = new DataSource(options!);
            try {
              await dataSource.initialize();
              await migrate(dataSource);
            } catch (error) {
              if (dataSource.isInitialized) await dataSource.destroy();
              throw error;
            }
            return dataSource;
          },
        }),
      ],
      providers: [RelatedObjects],
      exports: [RelatedObjects],
    };
  }
}
