import { Audited } from '../audit/audited.js';
import { Body, Get, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Actor, StaffOnly } from '../auth/access.js';
import { ApiController } from '../auth/api-controller.js';
import { ApiActionConflict, ApiActionRefused, Operation } from '../common/api-answers.js';
import { commandOf } from '../common/command.js';
import { DirectoryStateResponse, DirectorySyncAccepted, SyncDirectoryDto } from './waldur-mirror.dto.js';
import { WaldurMirrorService } from './waldur-mirror.service.js';

@ApiTags('Directory: copy of Waldur')
@ApiController('api/admin/arrow/directory')
@StaffOnly()
export class WaldurMirrorController {
  constructor(private readonly mirror: WaldurMirrorService) {}

  @Get()
  @Operation('admin_arrow_directory_retrieve', 'How fresh the copy of Waldur is, and what in it breaks our rules')
  @ApiOkResponse({ type: DirectoryStateResponse })
  async state(): Promise<DirectoryStateResponse> {
    return DirectoryStateResponse.from(await this.mirror.state(), await this.mirror.disputes());
  }

  @Post('sync')
  @Audited('directory.sync')
  @HttpCode(202)
  @Operation('admin_arrow_directory_sync', 'Read organisations, projects, offerings and resources from Waldur')
  @ApiAcceptedResponse({ type: DirectorySyncAccepted })
  @ApiActionRefused('WALDUR_URL is not set: …')
  @ApiActionConflict('A run is under way that does not read everything, and `whole` is asked for')
  async sync(@Body() dto: SyncDirectoryDto, @Actor() by: string): Promise<DirectorySyncAccepted> {
    return DirectorySyncAccepted.from(await this.mirror.request(commandOf(dto), by));
  }
}
