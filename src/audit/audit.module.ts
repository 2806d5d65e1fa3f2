import { type DynamicModule, Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module.js';
import { AuditChange, AuditEvent } from './audit-event.entity.js';
import { AuditTrail } from './audit-trail.js';
import { AuditTrailRepository } from './audit-trail.repository.js';

/** Everything that changes something stands on it, so it comes with the core and is there for all. */
@Module({})
export class AuditModule {
  /** Once an application. */
  static forRoot(): DynamicModule {
    return {
      module: AuditModule,
      global: true,
      imports: [DatabaseModule.forFeature([AuditEvent, AuditChange])],
      providers: [AuditTrailRepository, AuditTrail],
      exports: [AuditTrail, AuditTrailRepository],
    };
  }
}
