import { type DynamicModule, Module } from '@nestjs/common';
import { ArrowGatewayModule } from './arrow-gateway/arrow-gateway.module.js';
import { ArrowRootController } from './arrow-root.controller.js';
import { AuditEventsHttpModule } from './audit-events/audit-events-http.module.js';
import { AuditEventsModule } from './audit/audit-events.module.js';
import { AccessGuard } from './auth/access.guard.js';
import { BillingHttpModule } from './billing/billing-http.module.js';
import { BillingModule } from './billing/billing.module.js';
import { AppErrorFilter } from './common/app-error.filter.js';
import type { Clock } from './common/clock.js';
import type { Env } from './config/env.js';
import { CoreModule } from './core.module.js';
import { DatabaseModule } from './database/database.module.js';
import { DirectoryHttpModule } from './directory/directory-http.module.js';
import { DirectoryModule } from './directory/directory.module.js';
import { AccessModule } from './directory/users/access.module.js';
import { HealthController } from './health.controller.js';
import { JobsHttpModule } from './jobs/jobs-http.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { LicensesHttpModule } from './licenses/licenses-http.module.js';
import { LicensesModule } from './licenses/licenses.module.js';
import { MappingsHttpModule } from './mappings/mappings-http.module.js';
import { MappingsModule } from './mappings/mappings.module.js';
import { MovesHttpModule } from './moves/moves-http.module.js';
import { MovesModule } from './moves/moves.module.js';
import { SettingsHttpModule } from './settings/settings-http.module.js';
import { SettingsModule } from './settings/settings.module.js';
import { SpreadsheetsHttpModule } from './spreadsheets/spreadsheets-http.module.js';
import { SpreadsheetsModule } from './spreadsheets/spreadsheets.module.js';
import { WaldurChargesHttpModule } from './waldur-charges/waldur-charges-http.module.js';
import { WaldurChargesModule } from './waldur-charges/waldur-charges.module.js';
import { WaldurGatewayModule } from './waldur-gateway/waldur-gateway.module.js';
import { WaldurMirrorHttpModule } from './waldur-mirror/waldur-mirror-http.module.js';
import { WaldurMirrorModule } from './waldur-mirror/waldur-mirror.module.js';
import { WaldurStartController } from './waldur-start.controller.js';

/** What there is, lowest first. Each exports its services. */
const features = [
  AuditEventsModule,
  WaldurGatewayModule,
  DirectoryModule,
  JobsModule,
  WaldurMirrorModule,
  ArrowGatewayModule,
  SettingsModule,
  MappingsModule,
  SpreadsheetsModule,
  LicensesModule,
  BillingModule,
  WaldurChargesModule,
  MovesModule,
];

/** Their routes. Billing has fixed paths where mappings have a UUID, so it stands before them. */
const http = [
  DirectoryHttpModule,
  JobsHttpModule,
  AuditEventsHttpModule,
  WaldurMirrorHttpModule,
  BillingHttpModule,
  SettingsHttpModule,
  MappingsHttpModule,
  SpreadsheetsHttpModule,
  LicensesHttpModule,
  WaldurChargesHttpModule,
  MovesHttpModule,
];

/**
 * The table of contents: the whole service, with and without HTTP. Other Nest applications import {@link CoreModule} and
 * the features that they use, or this, once, in their root module: `imports: [AppModule.forRoot(readEnv({ … }))]`.
 */
@Module({})
export class AppModule {
  static forRoot(env: Env, clock?: Clock): DynamicModule {
    return {
      module: AppModule,
      imports: [CoreModule.forRoot(env, clock), AccessModule, DatabaseModule.forFeature(), ...features, ...http],
      exports: features,
      controllers: [HealthController, ArrowRootController, WaldurStartController],
      providers: [AccessGuard, AppErrorFilter],
    };
  }
}
