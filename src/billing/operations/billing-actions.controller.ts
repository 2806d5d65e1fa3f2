import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser, StaffOnly } from '../../auth/access.js';
import { actorOf, type Caller } from '../../auth/caller.js';
import { ApiActionConflict, ApiActionRefused, ApiDone, ApiThingMissing } from '../../common/api-answers.js';
import {
  JobAcceptedResponse,
  PausedResponse,
  ReconcileDto,
  ResumedResponse,
  SyncPauseDto,
  TriggerConsumptionSyncDto,
  TriggerSyncDto,
} from './billing-action.dto.js';
import { BillingJobsService } from './billing-jobs.service.js';
import { PauseService } from './pause.service.js';

const IN_THE_WAY = 'It is paused, or a run with other options is under way; the sentence says which';

@ApiTags('Arrow billing syncs')
@Controller('api/admin/arrow/billing-syncs')
@StaffOnly()
export class BillingActionsController {
  constructor(
    private readonly jobs: BillingJobsService,
    private readonly pauses: PauseService,
  ) {}

  @Post('trigger_sync')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'admin_arrow_billing_syncs_trigger_sync',
    summary: "Bring a month's export lines onto the invoices",
  })
  @ApiAcceptedResponse({ type: JobAcceptedResponse })
  @ApiActionRefused('No Arrow settings found')
  @ApiThingMissing('Settings not found: …')
  @ApiActionConflict(IN_THE_WAY)
  async triggerSync(@Body() dto: TriggerSyncDto, @CurrentUser() caller: Caller): Promise<JobAcceptedResponse> {
    return JobAcceptedResponse.from(
      'Sync task scheduled',
      await this.jobs.triggerSync(dto.toCommand(), actorOf(caller)),
    );
  }

  @Post('reconcile')
  @HttpCode(202)
  @ApiOperation({ operationId: 'admin_arrow_billing_syncs_reconcile', summary: 'Close what may be closed in a month' })
  @ApiAcceptedResponse({ type: JobAcceptedResponse })
  @ApiActionRefused('No Arrow settings found')
  @ApiThingMissing('Settings not found: …')
  @ApiActionConflict(IN_THE_WAY)
  async reconcile(@Body() dto: ReconcileDto, @CurrentUser() caller: Caller): Promise<JobAcceptedResponse> {
    return JobAcceptedResponse.from(
      'Reconciliation task scheduled',
      await this.jobs.triggerReconciliation(dto.toCommand(), actorOf(caller)),
    );
  }

  @Post('trigger_reconciliation')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'admin_arrow_billing_syncs_trigger_reconciliation',
    summary: 'Close what may be closed in a month',
    description: 'The same as `reconcile`: final amounts replace provisional ones in one run.',
  })
  @ApiAcceptedResponse({ type: JobAcceptedResponse })
  @ApiActionRefused('No Arrow settings found')
  @ApiThingMissing('Settings not found: …')
  @ApiActionConflict(IN_THE_WAY)
  async triggerReconciliation(@Body() dto: ReconcileDto, @CurrentUser() caller: Caller): Promise<JobAcceptedResponse> {
    return JobAcceptedResponse.from(
      'Reconciliation task scheduled',
      await this.jobs.triggerReconciliation(dto.toCommand(), actorOf(caller)),
    );
  }

  @Post('trigger_consumption_sync')
  @HttpCode(202)
  @ApiOperation({
    operationId: 'admin_arrow_billing_syncs_trigger_consumption_sync',
    summary: 'Ask for the consumption of every linked licence in a month',
  })
  @ApiAcceptedResponse({ type: JobAcceptedResponse })
  @ApiActionRefused('No Arrow settings found')
  @ApiThingMissing('Settings not found: …')
  @ApiActionConflict(IN_THE_WAY)
  async triggerConsumption(
    @Body() dto: TriggerConsumptionSyncDto,
    @CurrentUser() caller: Caller,
  ): Promise<JobAcceptedResponse> {
    return JobAcceptedResponse.from(
      'Consumption sync task scheduled',
      await this.jobs.triggerConsumption(dto.toCommand(), actorOf(caller)),
    );
  }

  @Post('pause_sync')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'admin_arrow_billing_syncs_pause_sync',
    summary: 'Pause an account, or consumption everywhere',
  })
  @ApiDone(PausedResponse)
  @ApiThingMissing('Settings not found: …')
  async pause(@Body() dto: SyncPauseDto, @CurrentUser() caller: Caller): Promise<PausedResponse> {
    return PausedResponse.from(await this.pauses.switchTo(false, dto.toCommand(), actorOf(caller)));
  }

  @Post('resume_sync')
  @HttpCode(200)
  @ApiOperation({ operationId: 'admin_arrow_billing_syncs_resume_sync', summary: 'Resume what was paused' })
  @ApiDone(ResumedResponse)
  @ApiThingMissing('Settings not found: …')
  async resume(@Body() dto: SyncPauseDto, @CurrentUser() caller: Caller): Promise<ResumedResponse> {
    return ResumedResponse.from(await this.pauses.switchTo(true, dto.toCommand(), actorOf(caller)));
  }
}
