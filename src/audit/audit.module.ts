import { Global, Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module.js';
import { AuditChange, AuditEvent } from './audit-event.entity.js';
import { AuditTrail } from './audit-trail.js';
import { AuditTrailRepository } from './audit-trail.repository.js';

/** Everything that changes something stands on it, so it comes with the core and is there for all. */
@Global()
@Module({
  imports: [DatabaseModule.forFeature([AuditEvent, AuditChange])],
  providers: [AuditTrailRepository, AuditTrail],
  exports: [AuditTrail],
})
export class AuditModule {}
