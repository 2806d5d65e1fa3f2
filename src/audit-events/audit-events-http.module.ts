import { Module } from '@nestjs/common';
import { AuditEventsModule } from '../audit/audit-events.module.js';
import { AccessModule } from '../directory/users/access.module.js';
import { AuditEventsController } from './audit-events.controller.js';

/** The audit trail over HTTP: `/api/admin/arrow/audit-events/`. */
@Module({
  imports: [AuditEventsModule, AccessModule],
  controllers: [AuditEventsController],
})
export class AuditEventsHttpModule {}
