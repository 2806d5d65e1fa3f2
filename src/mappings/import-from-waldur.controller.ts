import { Body, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited.js';
import { AdminScope, StaffOnly } from '../auth/access.js';
import { ApiController } from '../auth/api-controller.js';
import { Bulk } from '../auth/priority.js';
import { ApiActionRefused, Operation } from '../common/api-answers.js';
import { ImportFromWaldurDto, ImportFromWaldurResponse } from './import-from-waldur.dto.js';
import { ImportFromWaldurService } from './import-from-waldur.service.js';

/** It writes settings and mappings together, so it lives with the mappings. */
@ApiTags('Arrow settings')
@ApiController('api/admin/arrow/settings')
@StaffOnly()
@Bulk()
@AdminScope()
export class ImportFromWaldurController {
  constructor(private readonly imports: ImportFromWaldurService) {}

  @Post('import_from_waldur')
  @Audited('settings.import_from_waldur')
  @HttpCode(200)
  @Operation(
    'admin_arrow_settings_import_from_waldur',
    "Take over the account and the mappings of Waldur's own Arrow plugin with their UUIDs",
    'A dry run unless `dry_run` is false. Mappings that are here already stay as they are.',
  )
  @ApiOkResponse({ type: ImportFromWaldurResponse })
  @ApiActionRefused('WALDUR_URL is not set: …')
  async run(@Body() dto: ImportFromWaldurDto): Promise<ImportFromWaldurResponse> {
    return ImportFromWaldurResponse.from(await this.imports.run(dto.toCommand()));
  }
}
