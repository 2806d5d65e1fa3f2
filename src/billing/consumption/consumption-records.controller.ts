import { Controller, Get, Head, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { StaffOnly } from '../../auth/access.js';
import { ApiFound, ApiListed } from '../../common/api-answers.js';
import type { Count, Page } from '../../common/page.js';
import { ConsumptionRecordResponse, ListConsumptionRecordsQuery } from './consumption-record.dto.js';
import { ConsumptionRecordsService } from './consumption-records.service.js';

@ApiTags('Arrow consumption records')
@Controller('api/admin/arrow/consumption-records')
@StaffOnly()
export class ConsumptionRecordsController {
  constructor(private readonly records: ConsumptionRecordsService) {}

  @Head()
  @ApiOperation({ operationId: 'admin_arrow_consumption_records_count', summary: 'Count consumption records' })
  count(@Query() query: ListConsumptionRecordsQuery): Promise<Count> {
    return this.records.count(query);
  }

  @Get()
  @ApiOperation({
    operationId: 'admin_arrow_consumption_records_list',
    summary: 'List consumption records, newest month first',
  })
  @ApiListed(ConsumptionRecordResponse)
  async list(@Query() query: ListConsumptionRecordsQuery): Promise<Page<ConsumptionRecordResponse>> {
    return (await this.records.list(query)).map(ConsumptionRecordResponse.from);
  }

  @Get(':uuid')
  @ApiOperation({ operationId: 'admin_arrow_consumption_records_retrieve', summary: 'One consumption record' })
  @ApiFound(ConsumptionRecordResponse)
  async get(@Param('uuid') uuid: string): Promise<ConsumptionRecordResponse> {
    return ConsumptionRecordResponse.from(await this.records.get(uuid));
  }
}
