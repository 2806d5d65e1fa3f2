import { Get, Head, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Audited } from '../audit/audited.js';
import { CurrentUser, StaffOnly } from '../auth/access.js';
import { ApiController } from '../auth/api-controller.js';
import type { Caller } from '../auth/caller.js';
import { pick } from '../common/answer.interceptor.js';
import {
  ApiActionConflict,
  ApiActionRefused,
  ApiFound,
  ApiListed,
  ApiMissing,
  Operation,
} from '../common/api-answers.js';
import { commandOf } from '../common/command.js';
import type { Count, Page } from '../common/page.js';
import { Existing } from '../database/refusal.interceptor.js';
import { LicenseLinkQuery, LicenseLinkResponse, ListLicenseLinksQuery } from './license-link.dto.js';
import { LicenseLink } from './license-link.entity.js';
import { LicenseLinksService } from './license-links.service.js';
import { LicenseLinkNotFoundError } from './licenses.errors.js';

@ApiTags('Arrow licence links')
@ApiController('api/admin/arrow/license-links')
@StaffOnly()
@Existing(() => LicenseLink, LicenseLinkNotFoundError)
export class LicenseLinksController {
  constructor(private readonly links: LicenseLinksService) {}

  @Head()
  @Operation('admin_arrow_license_links_count', 'Count entries of the link ledger')
  count(@Query() query: ListLicenseLinksQuery): Promise<Count> {
    return this.links.count(commandOf(query));
  }

  @Get()
  @Operation('admin_arrow_license_links_list', 'Who linked, imported, unlinked or reverted what, newest first')
  @ApiListed(LicenseLinkResponse)
  async list(@Query() query: ListLicenseLinksQuery): Promise<Page<LicenseLinkResponse>> {
    return (await this.links.list(commandOf(query))).map(LicenseLinkResponse.from);
  }

  @Get(':uuid')
  @Operation('admin_arrow_license_links_retrieve', 'One entry of the link ledger')
  @ApiFound(LicenseLinkResponse)
  async get(@Param('uuid') uuid: string, @Query() query: LicenseLinkQuery): Promise<Partial<LicenseLinkResponse>> {
    return pick(LicenseLinkResponse.from(await this.links.get(uuid)), query.field);
  }

  @Post(':uuid/revert')
  @Audited('license_link.revert')
  @HttpCode(200)
  @Operation(
    'admin_arrow_license_links_revert',
    'Put back what was before, if nothing touched the resource since',
    'A link gets its former licence back, or none; an unlinked licence comes back; an imported resource is ' +
      'terminated, or loses its licence where Waldur owns it. Answers the new entry. 409 says what happened to the resource in the meantime.',
  )
  @ApiOkResponse({ type: LicenseLinkResponse })
  @ApiActionRefused('A revert cannot be reverted. Link the licence again instead.')
  @ApiMissing()
  @ApiActionConflict('Something happened to the resource since')
  async revert(@Param('uuid') uuid: string, @CurrentUser() caller: Caller): Promise<LicenseLinkResponse> {
    return LicenseLinkResponse.from(await this.links.revert(uuid, caller));
  }

  @Post(':uuid/resume')
  @Audited('license_link.resume')
  @HttpCode(200)
  @Operation(
    'admin_arrow_license_links_resume',
    'Go on at once with an entry that Waldur has not carried out yet',
    'Answers the entry as it is then. What is recorded or has failed stays as it is.',
  )
  @ApiOkResponse({ type: LicenseLinkResponse })
  @ApiMissing()
  async resume(@Param('uuid') uuid: string): Promise<LicenseLinkResponse> {
    return LicenseLinkResponse.from(await this.links.resume(uuid));
  }
}
