import { type DynamicModule, Inject, Injectable, Module, type OnApplicationShutdown, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { getRepositoryToken } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Acts } from '../common/acts.js';
import { Requests } from '../common/requests.js';
import { Env } from '../config/env.js';
import { DatabaseMetrics } from './database.metrics.js';
import { dataSourceOptions } from './data-source-options.js';
import { assertSchemaOfOurs, migrate } from './migrate.js';
import { AbsentRows } from './absent-rows.js';
import { RelatedObjects } from './related-objects.js';

/** Provided, globally, where the schema is another process's to bring up to date: one that does not fit is refused. */
export const LEAVES_SCHEMA = Symbol('leaves the schema as it is');

/** Ours, beside the `DataSource` that the application around us may have. */
const CONNECTION = Symbol('database of CoreModule');
const ENTITIES = Symbol('entities');

/** The entities of all features of one application. */
@Injectable()
class Entities {
  constructor(private readonly modules: ModulesContainer) {}

  list(): Type<object>[] {
    const stated = [...this.modules.values()].flatMap(({ providers }) => providers.get(ENTITIES)?.instance ?? []);
    return [...new Set(stated as Type<object>[])];
  }
}

@Module({})
class TablesModule {}

/** The connection to PostgreSQL, embedded or not, migrated before anything else uses it. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(@Inject(CONNECTION) private readonly dataSource: DataSource) {}

  /** Once an application. */
  static forRoot(): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        Entities,
        {
          provide: CONNECTION,
          inject: [Env, Requests, Acts, Entities, { token: LEAVES_SCHEMA, optional: true }],
          useFactory: async (env: Env, requests: Requests, acts: Acts, entities: Entities, leavesSchema?: true) =>
            connect(
              new DataSource({ ...(await dataSourceOptions(env, requests, acts)), entities: entities.list() }),
              leavesSchema ? assertSchemaOfOurs : migrate,
            ),
        },
        { provide: DataSource, useExisting: CONNECTION },
        DatabaseMetrics,
        AbsentRows,
        RelatedObjects,
      ],
      exports: [CONNECTION, AbsentRows, RelatedObjects],
    };
  }

  /** For a feature: its entities become tables of ours; it may inject `DataSource` and `@InjectRepository(Entity)`. */
  static forFeature(entities: Type<object>[] = []): DynamicModule {
    const repositories = entities.map((entity) => ({
      provide: getRepositoryToken(entity),
      inject: [CONNECTION],
      useFactory: (dataSource: DataSource) => dataSource.getRepository(entity),
    }));
    const exported = [{ provide: DataSource, useExisting: CONNECTION }, ...repositories];
    return {
      module: TablesModule,
      providers: [...exported, { provide: ENTITIES, useValue: entities }],
      exports: exported,
    };
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

async function connect(
  dataSource: DataSource,
  prepare: (dataSource: DataSource) => Promise<void>,
): Promise<DataSource> {
  try {
    await dataSource.initialize();
    await prepare(dataSource);
  } catch (error) {
    if (dataSource.isInitialized) await dataSource.destroy();
    throw error;
  }
  return dataSource;
}
