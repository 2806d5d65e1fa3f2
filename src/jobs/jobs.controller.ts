import { Get, Head, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { StaffOnly } from '../auth/access.js';
import { ApiController } from '../auth/api-controller.js';
import { ApiFound, ApiListed } from '../common/api-answers.js';
import type { Count, Page } from '../common/page.js';
import { JobResponse, ListJobsQuery } from './job.dto.js';
import { JobsService } from './jobs.service.js';

@ApiTags('Arrow: jobs')
@ApiController('api/admin/arrow/jobs')
@StaffOnly()
export class JobsController {
  constructor(private readonly jobs: JobsService) {}

  @Head()
  @ApiOperation({ operationId: 'admin_arrow_jobs_count', summary: 'Count jobs' })
  count(@Query() query: ListJobsQuery): Promise<Count> {
    return this.jobs.count(query);
  }

  @Get()
  @ApiOperation({ operationId: 'admin_arrow_jobs_list', summary: 'List jobs, newest first' })
  @ApiListed(JobResponse)
  async list(@Query() query: ListJobsQuery): Promise<Page<JobResponse>> {
    return (await this.jobs.list(query)).map(JobResponse.from);
  }

  @Get(':uuid')
  @ApiOperation({ operationId: 'admin_arrow_jobs_retrieve', summary: 'One job: how far it is and what came out' })
  @ApiFound(JobResponse)
  async get(@Param('uuid') uuid: string): Promise<JobResponse> {
    return JobResponse.from(await this.jobs.get(uuid));
  }

  @Post(':uuid/cancel')
  @HttpCode(200)
  @ApiOperation({ operationId: 'admin_arrow_jobs_cancel', summary: 'Stop a job; what it finished stays' })
  @ApiFound(JobResponse)
  async cancel(@Param('uuid') uuid: string): Promise<JobResponse> {
    return JobResponse.from(await this.jobs.cancel(uuid));
  }
}
