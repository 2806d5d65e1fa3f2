import { Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { StaffOnly } from '../auth/access.js';
import { ApiFound, Operation } from '../common/api-answers.js';
import { ApiController } from '../auth/api-controller.js';
import { Bulk } from '../auth/priority.js';
import { SettingsHealthResponse } from './settings-health.dto.js';
import { SettingsHealthService } from './settings-health.service.js';

@ApiTags('Arrow settings')
@ApiController('api/admin/arrow/settings')
@StaffOnly()
@Bulk()
export class SettingsHealthController {
  constructor(private readonly health: SettingsHealthService) {}

  @Get(':uuid/health')
  @Operation(
    'admin_arrow_settings_health_retrieve',
    'Whether the account works, asked of ArrowSphere now',
    'Each check has a verdict. What could not be checked is `unknown`, never `ok`.',
  )
  @ApiFound(SettingsHealthResponse)
  async check(@Param('uuid') uuid: string): Promise<SettingsHealthResponse> {
    return SettingsHealthResponse.from(await this.health.check(uuid));
  }
}
