import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module.js';
import { AuditEvent } from './audit-event.entity.js';
import { AuditEventsRepository } from './audit-events.repository.js';
import { AuditEventsService } from './audit-events.service.js';
import { AuditTrailRepository } from './audit-trail.repository.js';

/** The audit trail, to be read and put away. What writes it comes with the core. */
@Module({
  imports: [DatabaseModule.forFeature([AuditEvent])],
  providers: [AuditEventsRepository, AuditTrailRepository, AuditEventsService],
  exports: [AuditEventsService],
})
export class AuditEventsModule {}
