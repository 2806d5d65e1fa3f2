import { Body, Delete, Get, Head, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited.js';
import { StaffOnly } from '../auth/access.js';
import { ApiController } from '../auth/api-controller.js';
import { pick } from '../common/answer.interceptor.js';
import { ApiCreated, ApiDeleted, ApiFound, ApiListed, ApiUpdated, Operation } from '../common/api-answers.js';
import { commandOf } from '../common/command.js';
import type { PageOrFile } from '../common/csv.js';
import { ListFiles } from '../common/list-files.js';
import { type Count, FieldsQuery } from '../common/page.js';
import { Existing } from '../database/refusal.interceptor.js';
import { ProjectNotFoundError } from './directory.errors.js';
import {
  CreateProjectDto,
  ListProjectsQuery,
  ProjectResponse,
  ReplaceProjectDto,
  UpdateProjectDto,
} from './project.dto.js';
import { Project } from './project.entity.js';
import { ProjectsService } from './projects.service.js';

@ApiTags('Directory: projects')
@ApiController('api/projects')
@StaffOnly()
@Existing(() => Project, ProjectNotFoundError)
export class ProjectsController {
  constructor(
    private readonly projects: ProjectsService,
    private readonly files: ListFiles,
  ) {}

  @Head()
  @Operation('projects_count', 'Count projects')
  count(@Query() query: ListProjectsQuery): Promise<Count> {
    return this.projects.count(commandOf(query));
  }

  @Get()
  @Operation('projects_list', 'List projects')
  @ApiListed(ProjectResponse)
  list(@Query() query: ListProjectsQuery): PageOrFile<ProjectResponse> {
    return this.files.pageOrFile('projects', query, async (filter) =>
      (await this.projects.list(filter)).map(ProjectResponse.from),
    );
  }

  @Post()
  @Audited('project.create')
  @Operation('projects_create', 'Create a project')
  @ApiCreated(ProjectResponse)
  async create(@Body() dto: CreateProjectDto): Promise<ProjectResponse> {
    return ProjectResponse.from(await this.projects.create(commandOf(dto, 'customer')));
  }

  @Get(':uuid')
  @Operation('projects_retrieve', 'One project')
  @ApiFound(ProjectResponse)
  async get(@Param('uuid') uuid: string, @Query() query: FieldsQuery): Promise<Partial<ProjectResponse>> {
    return pick(ProjectResponse.from(await this.projects.get(uuid)), query.field);
  }

  @Put(':uuid')
  @Audited('project.update')
  @Operation('projects_update', 'Change a project; what is left out stays')
  @ApiUpdated(ProjectResponse)
  async replace(@Param('uuid') uuid: string, @Body() dto: ReplaceProjectDto): Promise<ProjectResponse> {
    return ProjectResponse.from(await this.projects.update(uuid, commandOf(dto, 'customer')));
  }

  @Patch(':uuid')
  @Audited('project.update')
  @Operation('projects_partial_update', 'Change parts of a project')
  @ApiUpdated(ProjectResponse)
  async update(@Param('uuid') uuid: string, @Body() dto: UpdateProjectDto): Promise<ProjectResponse> {
    return ProjectResponse.from(await this.projects.update(uuid, commandOf(dto, 'customer')));
  }

  @Delete(':uuid')
  @Audited('project.delete')
  @HttpCode(204)
  @Operation('projects_destroy', 'Delete a project that is not in use')
  @ApiDeleted()
  remove(@Param('uuid') uuid: string): Promise<void> {
    return this.projects.remove(uuid);
  }
}
