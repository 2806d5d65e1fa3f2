import { Get, Head, Param, Query } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';
import { AuditEventsService } from '../audit/audit-events.service.js';
import { StaffOnly } from '../auth/access.js';
import { ApiController } from '../auth/api-controller.js';
import { ApiFound, ApiListed, Operation } from '../common/api-answers.js';
import type { PageOrFile } from '../common/csv.js';
import type { Count } from '../common/page.js';
import { answerEvents, AuditEventResponse, countEvents, ListAuditEventsQuery } from './audit-event.dto.js';

@ApiTags('Arrow: audit trail')
@ApiController('api/admin/arrow/audit-events')
@StaffOnly()
export class AuditEventsController {
  constructor(private readonly events: AuditEventsService) {}

  @Head()
  @Operation('admin_arrow_audit_events_count', 'Count events of the audit trail')
  count(@Query() query: ListAuditEventsQuery): Promise<Count> {
    return countEvents(query, this.events);
  }

  @Get()
  @Operation('admin_arrow_audit_events_list', 'Who changed what, newest first; `format=csv` for a file')
  @ApiProduces('application/json', 'text/csv')
  @ApiListed(AuditEventResponse)
  list(@Query() query: ListAuditEventsQuery): PageOrFile<AuditEventResponse> {
    return answerEvents(query, this.events);
  }

  @Get(':uuid')
  @Operation('admin_arrow_audit_events_retrieve', 'One event of the audit trail')
  @ApiFound(AuditEventResponse)
  async get(@Param('uuid') uuid: string): Promise<AuditEventResponse> {
    return AuditEventResponse.from(await this.events.get(uuid));
  }
}
