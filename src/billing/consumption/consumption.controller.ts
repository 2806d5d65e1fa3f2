import { Controller, Get, Head, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { StaffOnly } from '../../auth/access.js';
import { ApiFound, ApiListed } from '../../common/api-answers.js';
import { type Count, Counted, type Page } from '../../common/page.js';
import {
  ConsumptionRecordResponse,
  ConsumptionStatisticsResponse,
  ConsumptionStatusResponse,
  ListConsumptionRecordsQuery,
  PendingRecordResponse,
  PendingRecordsQuery,
} from './consumption-record.dto.js';
import { ConsumptionRecordsService } from './consumption-records.service.js';

const RECORDS = 'admin_arrow_consumption_records';
const SYNCS = 'admin_arrow_billing_syncs';
const COUNTS_ONE = 'Counts the one answer that GET gives';

@Controller('api/admin/arrow')
@StaffOnly()
export class ConsumptionController {
  constructor(private readonly records: ConsumptionRecordsService) {}

  @Head('consumption-records')
  @ApiTags('Arrow consumption records')
  @ApiOperation({ operationId: `${RECORDS}_count`, summary: 'Count consumption records' })
  count(@Query() query: ListConsumptionRecordsQuery): Promise<Count> {
    return this.records.count(query);
  }

  @Get('consumption-records')
  @ApiTags('Arrow consumption records')
  @ApiOperation({ operationId: `${RECORDS}_list`, summary: 'List consumption records, newest month first' })
  @ApiListed(ConsumptionRecordResponse)
  async list(@Query() query: ListConsumptionRecordsQuery): Promise<Page<ConsumptionRecordResponse>> {
    return (await this.records.list(query)).map(ConsumptionRecordResponse.from);
  }

  @Get('consumption-records/:uuid')
  @ApiTags('Arrow consumption records')
  @ApiOperation({ operationId: `${RECORDS}_retrieve`, summary: 'One consumption record' })
  @ApiFound(ConsumptionRecordResponse)
  async get(@Param('uuid') uuid: string): Promise<ConsumptionRecordResponse> {
    return ConsumptionRecordResponse.from(await this.records.get(uuid));
  }

  @Head('billing-syncs/consumption_status')
  @ApiTags('Arrow billing syncs')
  @ApiOperation({ operationId: `${SYNCS}_consumption_status_count`, summary: COUNTS_ONE })
  countStatus(): Counted<null> {
    return new Counted(null, 1);
  }

  @Get('billing-syncs/consumption_status')
  @ApiTags('Arrow billing syncs')
  @ApiOperation({
    operationId: `${SYNCS}_consumption_status_retrieve`,
    summary: 'Status of consumption synchronisation',
  })
  @ApiOkResponse({ type: ConsumptionStatusResponse })
  async status(): Promise<Counted<ConsumptionStatusResponse>> {
    return new Counted(ConsumptionStatusResponse.from(await this.records.status()), 1);
  }

  @Head('billing-syncs/consumption_statistics')
  @ApiTags('Arrow billing syncs')
  @ApiOperation({ operationId: `${SYNCS}_consumption_statistics_count`, summary: COUNTS_ONE })
  countStatistics(): Counted<null> {
    return new Counted(null, 1);
  }

  @Get('billing-syncs/consumption_statistics')
  @ApiTags('Arrow billing syncs')
  @ApiOperation({
    operationId: `${SYNCS}_consumption_statistics_retrieve`,
    summary: 'Consumption records counted and summed',
  })
  @ApiOkResponse({ type: ConsumptionStatisticsResponse })
  async statistics(): Promise<Counted<ConsumptionStatisticsResponse>> {
    return new Counted(ConsumptionStatisticsResponse.from(await this.records.statistics()), 1);
  }

  @Head('billing-syncs/pending_records')
  @ApiTags('Arrow billing syncs')
  @ApiOperation({ operationId: `${SYNCS}_pending_records_count`, summary: 'Count records that are not final' })
  countPending(@Query() query: PendingRecordsQuery): Promise<Count> {
    return this.records.countPending(query);
  }

  @Get('billing-syncs/pending_records')
  @ApiTags('Arrow billing syncs')
  @ApiOperation({
    operationId: `${SYNCS}_pending_records_list`,
    summary: 'Records that are not final, last changed first',
  })
  @ApiListed(PendingRecordResponse)
  async pending(@Query() query: PendingRecordsQuery): Promise<Page<PendingRecordResponse>> {
    return (await this.records.listPending(query)).map(PendingRecordResponse.from);
  }
}
