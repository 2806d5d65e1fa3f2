import 'reflect-metadata';
import type { DynamicModule, Type } from '@nestjs/common';
import {
  CONTROLLER_WATERMARK,
  EXCEPTION_FILTERS_METADATA,
  GLOBAL_MODULE_METADATA,
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  MODULE_METADATA,
  PIPES_METADATA,
} from '@nestjs/common/constants.js';
import { AuditInterceptor } from '../../src/audit/audit.interceptor.js';
import { AccessGuard } from '../../src/auth/access.guard.js';
import { PlaceInterceptor } from '../../src/auth/place.interceptor.js';
import { AnswerInterceptor } from '../../src/common/answer.interceptor.js';
import { AppErrorFilter } from '../../src/common/app-error.filter.js';
import { ListFiles } from '../../src/common/list-files.js';
import { ValidationPipe } from '../../src/common/validation/validation.pipe.js';
import { readEnv } from '../../src/config/env.js';
import { RefusalInterceptor } from '../../src/database/refusal.interceptor.js';
import * as index from '../../src/index.js';
import { controllersOf } from '../support/routes.js';

const app = index.AppModule.forRoot(readEnv({}));
const stated = <T>(key: string, of: object) => (Reflect.getMetadata(key, of) ?? []) as T[];
const features = app.exports as Type<object>[];
const controllers = controllersOf(app);
const exported: [string, unknown][] = Object.entries(index);

describe('Controllers', () => {
  it('each bring guard, reading, answers and errors along', () => {
    expect(controllers.length).toBeGreaterThan(20);
    for (const controller of controllers) {
      expect([controller.name, stated(GUARDS_METADATA, controller)]).toEqual([controller.name, [AccessGuard]]);
      expect(stated(INTERCEPTORS_METADATA, controller)).toEqual([
        PlaceInterceptor,
        AnswerInterceptor,
        AuditInterceptor,
        RefusalInterceptor,
      ]);
      expect(stated(PIPES_METADATA, controller)).toEqual([ValidationPipe]);
      expect(stated(EXCEPTION_FILTERS_METADATA, controller)).toEqual([AppErrorFilter]);
    }
  });

  it('come with HTTP modules only', () => {
    expect(features.flatMap((feature) => controllersOf(feature))).toEqual([]);
    const inHttpModules = exported.flatMap(([name, module]) =>
      name.endsWith('HttpModule') ? controllersOf(module as Type<object>) : [],
    );
    expect([...inHttpModules, ...app.controllers!].map(({ name }) => name).sort()).toEqual(
      controllers.map(({ name }) => name).sort(),
    );
  });
});

describe('Features', () => {
  it('are global nowhere, and hold for the whole application nothing of HTTP', () => {
    for (const feature of features) expect(Reflect.hasMetadata(GLOBAL_MODULE_METADATA, feature)).toBe(false);
    const tokens = (app.providers ?? []).map((provider) => (provider as { provide?: unknown }).provide);
    expect(tokens.filter((token) => String(token).startsWith('APP_'))).toEqual([]);
  });

  it('export what controllers use, and the package exports the same to others', () => {
    const services = features.flatMap((feature) => stated<Type<object>>(MODULE_METADATA.EXPORTS, feature));
    const used = controllers
      .filter((controller) => !app.controllers!.includes(controller))
      .flatMap((controller) => stated<Type<object>>('design:paramtypes', controller))
      // Every application has it, as it has the clock.
      .filter((service) => service !== ListFiles);
    for (const service of used) expect(services).toContain(service);
    const published = services.filter((each) => !(each.name in index)).map(({ name }) => name);
    expect(published).toEqual(['Authenticator']);
  });
});

describe('The package', () => {
  it('exports modules, services, errors and what a host states with, and nothing else', () => {
    const isModule = (value: object) =>
      Reflect.hasMetadata(MODULE_METADATA.IMPORTS, value) || /Module$/.test((value as DynamicModule['module']).name);
    const services = new Set<unknown>(features.flatMap((feature) => stated(MODULE_METADATA.EXPORTS, feature)));
    const others = exported.filter(([, value]) => {
      if (typeof value !== 'function') return true;
      return !(isModule(value) || services.has(value) || value.prototype instanceof Error);
    });
    expect(others.map(([name]) => name).sort()).toEqual([
      'AdminScope',
      'AnyUser',
      'ApiController',
      'Audited',
      'BILLING_RECONCILIATION',
      'BILLING_SYNC',
      'Bulk',
      'CONSUMPTION_SYNC',
      'ClientGone',
      'Clock',
      'CurrentUser',
      'Env',
      'Public',
      'ServedFirst',
      'StaffOnly',
      'SystemClock',
      'TokenOptional',
      'YearMonth',
      'actorOf',
      'readEnv',
    ]);
    expect(
      exported.filter(
        ([, value]) => Object(value) === value && Reflect.hasMetadata(CONTROLLER_WATERMARK, value as object),
      ),
    ).toEqual([]);
  });
});
