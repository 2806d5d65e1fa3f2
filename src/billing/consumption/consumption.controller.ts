import { Get, Head, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { StaffOnly } from '../../auth/access.js';
import { ApiController } from '../../auth/api-controller.js';
import { ApiFound, ApiListed, Operation } from '../../common/api-answers.js';
import { commandOf } from '../../common/command.js';
import { type Count, Counted, type Page } from '../../common/page.js';
import {
  ConsumptionRecordResponse,
  ConsumptionStatisticsResponse,
  ConsumptionStatusResponse,
  ListConsumptionRecordsQuery,
  PendingRecord,
  PendingRecordsQuery,
} from './consumption-record.dto.js';
import { ConsumptionRecordsService } from './consumption-records.service.js';

const RECORDS = 'admin_arrow_consumption_records';
const SYNCS = 'admin_arrow_billing_syncs';
const COUNTS_ONE = 'Counts the one answer that GET gives';

@ApiController('api/admin/arrow')
@StaffOnly()
export class ConsumptionController {
  constructor(private readonly records: ConsumptionRecordsService) {}

  @Head('consumption-records')
  @ApiTags('Arrow consumption records')
  @Operation(`${RECORDS}_count`, 'Count consumption records')
  count(@Query() query: ListConsumptionRecordsQuery): Promise<Count> {
    return this.records.count(commandOf(query));
  }

  @Get('consumption-records')
  @ApiTags('Arrow consumption records')
  @Operation(`${RECORDS}_list`, 'List consumption records, newest month first')
  @ApiListed(ConsumptionRecordResponse)
  async list(@Query() query: ListConsumptionRecordsQuery): Promise<Page<ConsumptionRecordResponse>> {
    return (await this.records.list(commandOf(query))).map(ConsumptionRecordResponse.from);
  }

  @Get('consumption-records/:uuid')
  @ApiTags('Arrow consumption records')
  @Operation(`${RECORDS}_retrieve`, 'One consumption record')
  @ApiFound(ConsumptionRecordResponse)
  async get(@Param('uuid') uuid: string): Promise<ConsumptionRecordResponse> {
    return ConsumptionRecordResponse.from(await this.records.get(uuid));
  }

  @Head('billing-syncs/consumption_status')
  @ApiTags('Arrow billing syncs')
  @Operation(`${SYNCS}_consumption_status_count`, COUNTS_ONE)
  countStatus(): Counted<null> {
    return new Counted(null, 1);
  }

  @Get('billing-syncs/consumption_status')
  @ApiTags('Arrow billing syncs')
  @Operation(`${SYNCS}_consumption_status_retrieve`, 'Status of consumption synchronisation')
  @ApiOkResponse({ type: ConsumptionStatusResponse })
  async status(): Promise<Counted<ConsumptionStatusResponse>> {
    return new Counted(ConsumptionStatusResponse.from(await this.records.status()), 1);
  }

  @Head('billing-syncs/consumption_statistics')
  @ApiTags('Arrow billing syncs')
  @Operation(`${SYNCS}_consumption_statistics_count`, COUNTS_ONE)
  countStatistics(): Counted<null> {
    return new Counted(null, 1);
  }

  @Get('billing-syncs/consumption_statistics')
  @ApiTags('Arrow billing syncs')
  @Operation(`${SYNCS}_consumption_statistics_retrieve`, 'Consumption records counted and summed')
  @ApiOkResponse({ type: ConsumptionStatisticsResponse })
  async statistics(): Promise<Counted<ConsumptionStatisticsResponse>> {
    return new Counted(ConsumptionStatisticsResponse.from(await this.records.statistics()), 1);
  }

  @Head('billing-syncs/pending_records')
  @ApiTags('Arrow billing syncs')
  @Operation(`${SYNCS}_pending_records_count`, 'Count records that are not final')
  countPending(@Query() query: PendingRecordsQuery): Promise<Count> {
    return this.records.countPending(commandOf(query));
  }

  @Get('billing-syncs/pending_records')
  @ApiTags('Arrow billing syncs')
  @Operation(`${SYNCS}_pending_records_list`, 'Records that are not final, last changed first')
  @ApiListed(PendingRecord)
  async pending(@Query() query: PendingRecordsQuery): Promise<Page<PendingRecord>> {
    return (await this.records.listPending(commandOf(query))).map(PendingRecord.from);
  }
}
