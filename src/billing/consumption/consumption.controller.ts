import { Body, Controller, Get, Head, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentUser, StaffOnly } from '../../auth/access.js';
import { actorOf, type Caller } from '../../auth/caller.js';
import { ApiActionConflict, ApiActionRefused, ApiDone, ApiListed, ApiThingMissing } from '../../common/api-answers.js';
import { type Count, Counted, type Page } from '../../common/page.js';
import { ConsumptionStatusResponse } from '../operations/billing-action.dto.js';
import { PauseService } from '../operations/pause.service.js';
import {
  CleanupConsumptionDto,
  CleanupConsumptionResponse,
  HistoricalConsumptionDto,
  HistoricalConsumptionResponse,
} from './consumption-action.dto.js';
import { ConsumptionCleanupService } from './consumption-cleanup.service.js';
import { ConsumptionStatisticsResponse, PendingRecordResponse, PendingRecordsQuery } from './consumption-record.dto.js';
import { ConsumptionRecordsService } from './consumption-records.service.js';
import { HistoricalConsumptionService } from './historical-consumption.service.js';

const PATH = 'admin_arrow_billing_syncs';

@ApiTags('Arrow billing syncs')
@Controller('api/admin/arrow/billing-syncs')
@StaffOnly()
export class ConsumptionController {
  constructor(
    private readonly records: ConsumptionRecordsService,
    private readonly pauses: PauseService,
    private readonly cleanups: ConsumptionCleanupService,
    private readonly historical: HistoricalConsumptionService,
  ) {}

  @Head('consumption_status')
  @ApiOperation({ operationId: `${PATH}_consumption_status_count`, summary: 'Counts the one answer that GET gives' })
  countStatus(): Counted<null> {
    return new Counted(null, 1);
  }

  @Get('consumption_status')
  @ApiOperation({
    operationId: `${PATH}_consumption_status_retrieve`,
    summary: 'Status of consumption synchronisation',
  })
  @ApiOkResponse({ type: ConsumptionStatusResponse })
  async status(): Promise<Counted<ConsumptionStatusResponse>> {
    return new Counted(ConsumptionStatusResponse.from(await this.pauses.status()), 1);
  }

  @Head('consumption_statistics')
  @ApiOperation({
    operationId: `${PATH}_consumption_statistics_count`,
    summary: 'Counts the one answer that GET gives',
  })
  countStatistics(): Counted<null> {
    return new Counted(null, 1);
  }

  @Get('consumption_statistics')
  @ApiOperation({
    operationId: `${PATH}_consumption_statistics_retrieve`,
    summary: 'Consumption records counted and summed',
  })
  @ApiOkResponse({ type: ConsumptionStatisticsResponse })
  async statistics(): Promise<Counted<ConsumptionStatisticsResponse>> {
    return new Counted(ConsumptionStatisticsResponse.from(await this.records.statistics()), 1);
  }

  @Head('pending_records')
  @ApiOperation({ operationId: `${PATH}_pending_records_count`, summary: 'Count records that are not final' })
  countPending(@Query() query: PendingRecordsQuery): Promise<Count> {
    return this.records.countPending(query);
  }

  @Get('pending_records')
  @ApiOperation({
    operationId: `${PATH}_pending_records_list`,
    summary: 'Records that are not final, last changed first',
  })
  @ApiListed(PendingRecordResponse)
  async pending(@Query() query: PendingRecordsQuery): Promise<Page<PendingRecordResponse>> {
    return (await this.records.listPending(query)).map(PendingRecordResponse.from);
  }

  @Post('cleanup_consumption')
  @HttpCode(200)
  @ApiOperation({
    operationId: `${PATH}_cleanup_consumption`,
    summary: 'Take consumption records back',
    description:
      'What they charged is credited at once, by entries of its own; nothing is deleted. What is closed is left out ' +
      'and listed in `refused`, unless `force`.',
  })
  @ApiDone(CleanupConsumptionResponse)
  @ApiActionConflict('It is paused')
  async cleanUp(
    @Body() dto: CleanupConsumptionDto,
    @CurrentUser() caller: Caller,
  ): Promise<CleanupConsumptionResponse> {
    const command = dto.toCommand();
    return CleanupConsumptionResponse.from(command, await this.cleanups.cleanUp(command, actorOf(caller)));
  }

  @Post('sync_resource_historical_consumption')
  @HttpCode(200)
  @ApiOperation({
    operationId: `${PATH}_sync_resource_historical_consumption`,
    summary: "Ask for a resource's consumption over many months, at once",
  })
  @ApiOkResponse({ type: HistoricalConsumptionResponse })
  @ApiActionRefused('Resource does not have a backend_id (Arrow license reference)')
  @ApiThingMissing('Resource … not found')
  @ApiActionConflict('It is paused')
  async syncHistorical(
    @Body() dto: HistoricalConsumptionDto,
    @CurrentUser() caller: Caller,
  ): Promise<HistoricalConsumptionResponse> {
    return HistoricalConsumptionResponse.from(await this.historical.syncHistory(dto.toCommand(), actorOf(caller)));
  }
}
