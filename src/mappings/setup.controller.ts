import { Body, HttpCode, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited.js';
import { AdminScope, ClientGone, StaffOnly } from '../auth/access.js';
import { ApiActionRefused, Operation } from '../common/api-answers.js';
import { ApiController } from '../auth/api-controller.js';
import { Bulk } from '../auth/priority.js';
import { ImportFromWaldurDto, ImportFromWaldurResponse } from './import-from-waldur.dto.js';
import { ImportFromWaldurService } from './import-from-waldur.service.js';
import {
  DiscoverCustomersDto,
  DiscoverCustomersResponse,
  PreviewSettingsDto,
  PreviewSettingsResponse,
  SaveSettingsDto,
  SaveSettingsResponse,
} from './setup.dto.js';
import { SetupService } from './setup.service.js';

const refused = 'ArrowSphere rejected the API key. Check the key in the ArrowSphere portal under API > API Keys.';

/** Set-up, by the wizard or from a Waldur: it writes settings and mappings together, so it lives with the mappings. */
@ApiTags('Arrow settings')
@ApiController('api/admin/arrow/settings')
@StaffOnly()
@Bulk()
@AdminScope()
export class SetupController {
  constructor(
    private readonly setup: SetupService,
    private readonly imports: ImportFromWaldurService,
  ) {}

  @Post('discover_customers')
  @Audited('settings.discover_customers')
  @HttpCode(200)
  @Operation(
    'admin_arrow_settings_discover_customers',
    "The partner's customers with the organisations they might be, and its export types; saves nothing",
  )
  @ApiOkResponse({ type: DiscoverCustomersResponse })
  @ApiActionRefused(refused)
  async discoverCustomers(
    @Body() dto: DiscoverCustomersDto,
    @ClientGone() signal: AbortSignal,
  ): Promise<DiscoverCustomersResponse> {
    return DiscoverCustomersResponse.from(await this.setup.discover(dto.toCommand(), signal));
  }

  @Post('preview_settings')
  @Audited('settings.preview_settings')
  @HttpCode(200)
  @Operation('admin_arrow_settings_preview_settings', 'What saving would make of the account; saves nothing')
  @ApiOkResponse({ type: PreviewSettingsResponse })
  @ApiActionRefused(refused)
  async previewSettings(@Body() dto: PreviewSettingsDto): Promise<PreviewSettingsResponse> {
    return PreviewSettingsResponse.from(await this.setup.preview(dto.toCommand()));
  }

  @Post('save_settings')
  @Audited('settings.save_settings')
  @Operation(
    'admin_arrow_settings_save_settings',
    'Save the account and mappings, all or nothing, and make it the active one',
    "An account of the key's partner that is there already is changed in place: its mappings stay, and so does what " +
      'the request leaves out. Mappings that are there already stay as they are.',
  )
  @ApiCreatedResponse({ type: SaveSettingsResponse })
  @ApiActionRefused(refused)
  async saveSettings(@Body() dto: SaveSettingsDto): Promise<SaveSettingsResponse> {
    return SaveSettingsResponse.from(await this.setup.save(dto.toCommand()));
  }

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
  async importFromWaldur(@Body() dto: ImportFromWaldurDto): Promise<ImportFromWaldurResponse> {
    return ImportFromWaldurResponse.from(await this.imports.run(dto.toCommand()));
  }
}
