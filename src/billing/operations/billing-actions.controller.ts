import { applyDecorators, Body, HttpCode, Post, type Type } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Audited } from '../../audit/audited.js';
import { Actor, ClientGone, StaffOnly } from '../../auth/access.js';
import { ApiController } from '../../auth/api-controller.js';
import { Bulk } from '../../auth/priority.js';
import { ApiActionConflict, ApiActionRefused, ApiDone, ApiThingMissing, Operation } from '../../common/api-answers.js';
import { BillingAccountsService } from '../accounts/billing-accounts.service.js';
import {
  CleanupConsumptionDto,
  CleanupConsumptionResponse,
  HistoricalConsumptionDto,
  HistoricalConsumptionResponse,
} from '../consumption/consumption-action.dto.js';
import { ConsumptionCleanupService } from '../consumption/consumption-cleanup.service.js';
import { CONSUMPTION_SYNC } from '../consumption/consumption-sync.service.js';
import { HistoricalConsumptionService } from '../consumption/historical-consumption.service.js';
import {
  FetchBillingExportDto,
  FetchBillingExportResponse,
  FetchConsumptionDto,
  FetchConsumptionResponse,
  FetchLicenseInfoDto,
  FetchLicenseInfoResponse,
} from './arrow-lookup.dto.js';
import { ArrowLookupsService } from './arrow-lookups.service.js';
import {
  JobAccepted,
  SyncPauseResponse,
  ReconcileDto,
  SyncResumeResponse,
  SyncPauseDto,
  TriggerConsumptionSyncDto,
  TriggerSyncDto,
} from './billing-action.dto.js';
import { BILLING_RECONCILIATION, BILLING_SYNC, BillingJobsService } from './billing-jobs.service.js';
import { SyncResourcesDto, SyncResourcesResponse } from './resource-sync.dto.js';
import { ResourceSyncService } from './resource-sync.service.js';

const Action = (path: string, summary: string, description?: string) =>
  applyDecorators(
    Post(path),
    HttpCode(200),
    Audited(`billing.${path}`),
    Operation(`admin_arrow_billing_syncs_${path}`, summary, description),
  );

/** An action that a job does. */
const JobAction = (path: string, summary: string, description?: string) =>
  applyDecorators(
    Bulk(),
    Action(path, summary, description),
    HttpCode(202),
    ApiAcceptedResponse({ type: JobAccepted }),
    ApiActionRefused('No Arrow settings found'),
    ApiThingMissing('Settings not found: …'),
    ApiActionConflict('It is paused, or a run with other options is under way; the sentence says which'),
  );

/** What ArrowSphere says, as it says it. */
const Lookup = (path: string, answer: Type<unknown>, summary: string) =>
  applyDecorators(
    Bulk(),
    Action(path, summary),
    ApiOkResponse({ type: answer }),
    ApiActionRefused('No active Arrow settings found'),
  );

@ApiTags('Arrow billing syncs')
@ApiController('api/admin/arrow/billing-syncs')
@StaffOnly()
export class BillingActionsController {
  constructor(
    private readonly jobs: BillingJobsService,
    private readonly accounts: BillingAccountsService,
    private readonly lookups: ArrowLookupsService,
    private readonly resources: ResourceSyncService,
    private readonly cleanups: ConsumptionCleanupService,
    private readonly historical: HistoricalConsumptionService,
  ) {}

  @JobAction('trigger_sync', "Bring a month's export lines onto the invoices")
  async triggerSync(@Body() dto: TriggerSyncDto, @Actor() by: string): Promise<JobAccepted> {
    const run = await this.jobs.trigger(BILLING_SYNC, dto.toCommand(), by);
    return JobAccepted.from('Sync task scheduled', run);
  }

  @JobAction('reconcile', 'Close what may be closed in a month')
  async reconcile(@Body() dto: ReconcileDto, @Actor() by: string): Promise<JobAccepted> {
    const run = await this.jobs.trigger(BILLING_RECONCILIATION, dto.toCommand(), by);
    return JobAccepted.from('Reconciliation task scheduled', run);
  }

  @JobAction(
    'trigger_reconciliation',
    'Close what may be closed in a month',
    'The same as `reconcile`: final amounts replace provisional ones in one run.',
  )
  triggerReconciliation(@Body() dto: ReconcileDto, @Actor() by: string): Promise<JobAccepted> {
    return this.reconcile(dto, by);
  }

  @JobAction('trigger_consumption_sync', 'Ask for the consumption of every linked licence in a month')
  async triggerConsumption(@Body() dto: TriggerConsumptionSyncDto, @Actor() by: string): Promise<JobAccepted> {
    const run = await this.jobs.trigger(CONSUMPTION_SYNC, dto.toCommand(), by);
    return JobAccepted.from('Consumption sync task scheduled', run);
  }

  @Action('pause_sync', 'Pause an account, or consumption everywhere')
  @ApiDone(SyncPauseResponse)
  @ApiThingMissing('Settings not found: …')
  async pause(@Body() dto: SyncPauseDto, @Actor() by: string): Promise<SyncPauseResponse> {
    return { paused: await this.accounts.switchTo(false, dto.toCommand(), by) };
  }

  @Action('resume_sync', 'Resume what was paused')
  @ApiDone(SyncResumeResponse)
  @ApiThingMissing('Settings not found: …')
  async resume(@Body() dto: SyncPauseDto, @Actor() by: string): Promise<SyncResumeResponse> {
    return { resumed: await this.accounts.switchTo(true, dto.toCommand(), by) };
  }

  @Lookup('fetch_consumption', FetchConsumptionResponse, 'Consumption of a licence as ArrowSphere says it')
  fetchConsumption(@Body() dto: FetchConsumptionDto): Promise<FetchConsumptionResponse> {
    return this.lookups.consumption(dto);
  }

  @Lookup('fetch_billing_export', FetchBillingExportResponse, 'Export lines as ArrowSphere sends them')
  fetchBillingExport(@Body() dto: FetchBillingExportDto): Promise<FetchBillingExportResponse> {
    return this.lookups.billingExport(dto);
  }

  @Lookup('fetch_license_info', FetchLicenseInfoResponse, 'A licence as ArrowSphere sends it')
  fetchLicense(@Body() dto: FetchLicenseInfoDto): Promise<FetchLicenseInfoResponse> {
    return this.lookups.license(dto);
  }

  @Bulk()
  @Action(
    'sync_resources',
    'Make resources for licences that bill and are not linked',
    'Reads the lines synced already. A licence of a mapped customer gets a resource in the project and offering given; no organisation, ' +
      'project, mapping or invoice is ever made of ArrowSphere data: what is missing for that stands in `errors`.',
  )
  @ApiOkResponse({ type: SyncResourcesResponse })
  @ApiActionRefused('No Arrow settings found')
  async syncResources(
    @Body() dto: SyncResourcesDto,
    @Actor() by: string,
    @ClientGone() signal: AbortSignal,
  ): Promise<SyncResourcesResponse> {
    return SyncResourcesResponse.from(await this.resources.sync(dto.toCommand(), by, signal));
  }

  @Bulk()
  @Action(
    'cleanup_consumption',
    'Reverse consumption records',
    'What they charged is credited at once, by entries of its own; nothing is deleted. What is closed is left out ' +
      'and listed in `refused`, unless `force`.',
  )
  @ApiDone(CleanupConsumptionResponse)
  @ApiActionConflict('It is paused')
  async cleanUp(@Body() dto: CleanupConsumptionDto, @Actor() by: string): Promise<CleanupConsumptionResponse> {
    return CleanupConsumptionResponse.from(await this.cleanups.cleanUp(dto.toCommand(), by));
  }

  @Bulk()
  @Action('sync_resource_historical_consumption', "Ask for a resource's consumption over many months, at once")
  @ApiOkResponse({ type: HistoricalConsumptionResponse })
  @ApiActionRefused('Resource does not have a backend_id (Arrow license reference)')
  @ApiThingMissing('Resource … not found')
  @ApiActionConflict('It is paused')
  async syncHistorical(
    @Body() dto: HistoricalConsumptionDto,
    @Actor() by: string,
    @ClientGone() signal: AbortSignal,
  ): Promise<HistoricalConsumptionResponse> {
    return HistoricalConsumptionResponse.from(await this.historical.syncHistory(dto.toCommand(), by, signal));
  }
}
