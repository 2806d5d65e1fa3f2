import { Get, Head, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited.js';
import { StaffOnly } from '../auth/access.js';
import { ApiFound, ApiListed, Operation } from '../common/api-answers.js';
import { commandOf } from '../common/command.js';
import { ApiController } from '../auth/api-controller.js';
import type { Count, Page } from '../common/page.js';
import { JobResponse, ListJobsQuery } from './job.dto.js';
import { JobsService } from './jobs.service.js';

@ApiTags('Arrow: jobs')
@ApiController('api/admin/arrow/jobs')
@StaffOnly()
export class JobsController {
  constructor(private readonly jobs: JobsService) {}

  @Head()
  @Operation('admin_arrow_jobs_count', 'Count jobs')
  count(@Query() query: ListJobsQuery): Promise<Count> {
    return this.jobs.count(commandOf(query));
  }

  @Get()
  @Operation('admin_arrow_jobs_list', 'List jobs, newest first')
  @ApiListed(JobResponse)
  async list(@Query() query: ListJobsQuery): Promise<Page<JobResponse>> {
    return (await this.jobs.list(commandOf(query))).map(JobResponse.from);
  }

  @Get(':uuid')
  @Operation('admin_arrow_jobs_retrieve', 'One job: how far it is and what came out')
  @ApiFound(JobResponse)
  async get(@Param('uuid') uuid: string): Promise<JobResponse> {
    return JobResponse.from(await this.jobs.get(uuid));
  }

  @Post(':uuid/cancel')
  @Audited('job_run.cancel')
  @HttpCode(200)
  @Operation('admin_arrow_jobs_cancel', 'Stop a job; what it finished stays')
  @ApiFound(JobResponse)
  async cancel(@Param('uuid') uuid: string): Promise<JobResponse> {
    return JobResponse.from(await this.jobs.cancel(uuid));
  }
}
